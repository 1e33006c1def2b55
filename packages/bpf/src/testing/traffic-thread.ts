/** A thread of traffic.ts: runs a program on a packet until it is told to stop. */
import { parentPort, workerData } from 'node:worker_threads'
import { BpfMap } from '../map.ts'
import { BpfProgram } from '../program.ts'
import type { TrafficOrder, TrafficReport } from './traffic.ts'

const order = workerData as TrafficOrder & { readonly stop: Int32Array }
const program = BpfProgram.byId(order.programId)
const left = order.ranks && BpfMap.byId(order.ranks.mapId)
const report = { packets: 0, first: 0, second: 0, mixed: 0 }
parentPort?.postMessage('started')
while (Atomics.load(order.stop, 0) === 0) {
  program.testRun({ data: order.packet, repeat: order.repeat })
  report.packets += order.repeat
  if (left) compare(left, order.ranks?.allowed ?? new Uint32Array())
}
parentPort?.postMessage(report satisfies TrafficReport)
left?.close()
program.close()

function compare(map: BpfMap, allowed: Uint32Array): void {
  for (const { count, keys, values } of map.batches(65_536)) {
    for (let i = 0; i < count; i++) {
      const index = keys.readUInt32LE(i * 4)
      const rank = values.readUInt32LE(i * 4)
      if (rank === allowed[index * 2]) report.first++
      else if (rank === allowed[index * 2 + 1]) report.second++
      else report.mixed++
    }
  }
}
