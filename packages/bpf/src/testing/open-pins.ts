/** A process of its own, with mounts of its own: opens the folder of pins, pins a map there and ends. */
import { join } from 'node:path'
import { openPinFolder } from '../bpffs.ts'
import { BpfMap } from '../map.ts'

const [name = '', mountPoint = ''] = process.argv.slice(2)
const folder = openPinFolder({ name, mountPoint })
const map = BpfMap.create({
  name: 'pt_pinned',
  type: 'array',
  keyBytes: 4,
  valueBytes: 8,
  maxEntries: 1,
})
map.update(0, Buffer.from('holdfast'))
map.pin(join(folder.path, 'map'))
process.stdout.write(JSON.stringify(folder))
