/** A process of its own: attaches the probe to a device so that it drops everything, and dies without a word. */
import { attachTc } from '../attach/attach.ts'
import { BpfMap } from '../map.ts'
import { openProbe } from './probe-object.ts'

const [ifindex, pins] = process.argv.slice(2)
const object = openProbe()
object.load()
const blob = BpfMap.create({
  name: 'pt_blob',
  type: 'array',
  keyBytes: 4,
  valueBytes: 64,
  maxEntries: 1,
})
const value = Buffer.alloc(64)
value.writeUInt32LE(0xdead, 60)
blob.update(0, value)
object.map('pt_outer').setInner(0, blob)
attachTc(
  { ifindex: Number(ifindex), direction: 'ingress', pins: pins ?? '' },
  object.program('pt_classify'),
)
process.kill(process.pid, 'SIGKILL')
