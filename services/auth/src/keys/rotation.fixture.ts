import { writeFileSync } from 'node:fs'
import { loadRootKey } from '@holdfast/crypto'
import { openKeyStore } from './key-store.ts'

/** Rotates the root key of a store and kills itself at one step: `rotation.int.test.ts`. */
const [directory = '', file = '', step = ''] = process.argv.slice(2)
const keyOf = (text: string) => loadRootKey({ reveal: () => text })
const [from = '', to = ''] = process.env['FIXTURE_KEYS']?.split(' ') ?? []

const store = await openKeyStore(directory, keyOf(from), async (key) =>
  writeFileSync(file, `${key.reveal()}\n`),
)
await store.rotateRootKey(keyOf(to), (reached) => {
  if (reached === step) process.kill(process.pid, 'SIGKILL')
})
