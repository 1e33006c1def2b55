/** A thread of its own: loads the probe and runs it once, as the product does. */
import { parentPort } from 'node:worker_threads'
import { isRefusal } from '../errors.ts'
import { BpfMap } from '../map.ts'
import { openProbe, openWrongProbe } from './probe-object.ts'

const object = openProbe()
object.load()
const program = object.program('pt_classify')
object.close()
const { verdict } = program.testRun({ data: Buffer.alloc(64, 8) })
program.close()

let complaint = ''
const wrong = openWrongProbe()
try {
  wrong.load()
} catch (error) {
  complaint = error instanceof Error ? error.message : String(error)
}
wrong.close()

let isGone = false
try {
  BpfMap.byId(0x7fff_ffff)
} catch (error) {
  isGone = isRefusal(error, 'ENOENT')
}
parentPort?.postMessage({ verdict, complaint, isGone })
