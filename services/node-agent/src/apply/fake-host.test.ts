import { fakeHost } from './fake-host.ts'
import { hostSuite } from './host.suite.ts'

let count = 0
const host = fakeHost()
hostSuite(
  () => host,
  () => `fake${count++}`,
)
