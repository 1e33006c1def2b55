// Packets from inside the kernel, in a process of its own: `tsx bench/flood.ts <job>` in the network namespace they
// leave from. They leave by a veth and arrive at its other end. It says `ready`, begins when standard input ends, and
// says its figures.
import { setTimeout as pause } from 'node:timers/promises'
import { BpfObject, ifindexOf } from '@holdfast/bpf'
import { Attributes, answered, bpf } from '../packages/bpf/src/syscall.ts'
import { command } from '../packages/bpf/src/uapi.ts'
import { compile, systemLibbpf } from './firewall/programs.ts'
import { checksum } from './firewall/traffic.ts'

export interface FloodJob {
  readonly device: string
  /** MAC address of the device's other end. */
  readonly mac: string
  readonly destination: string
  readonly port: number
  readonly flows: number
  readonly packetsPerSecond: number
  readonly seconds: number
}

export interface FloodFigures {
  readonly packets: number
  readonly seconds: number
  /** Of sending and of what happens to packets where they arrive, which is done on the way. */
  readonly cpuSeconds: number
}

const liveFrames = 2
const turnMs = 5
/** At once. */
const mostMs = 200
/** A minimal Ethernet frame without its checksum. */
const frameBytes = 60

const job = JSON.parse(process.argv[2] ?? '') as FloodJob

const object = new BpfObject(systemLibbpf(), { name: 'hf_flood', bytes: compile('flood.bpf.c') })
object.setConstants({ hf_flows: job.flows })
object.load()
const program = object.program('hf_b_flood')
object.close()

const frame = frameOf(job)
const context = Buffer.alloc(24)
context.writeUInt32LE(frame.length, 4)
context.writeUInt32LE(ifindexOf(job.device) ?? 0, 12)

function send(packets: number): void {
  const attributes = new Attributes(80)
    .u32(0, program.fd)
    .u32(8, frame.length)
    .pointer(16, frame)
    .u32(32, packets)
    .u32(40, context.length)
    .pointer(48, context)
    .u32(64, liveFrames)
  answered('send packets', bpf(command.progTestRun, attributes), job.device)
}

process.stdout.write('ready\n')
for await (const _ of process.stdin);

// Bounded in count and in time. On a busy machine turns come late: each sends what is due by then.
const all = job.packetsPerSecond * job.seconds
const most = Math.ceil((job.packetsPerSecond * mostMs) / 1_000)
const began = performance.now()
const cpu = process.cpuUsage()
let sent = 0
for (;;) {
  const elapsedMs = performance.now() - began
  if (elapsedMs >= job.seconds * 1_000) break
  const due = Math.min(all, Math.ceil(((elapsedMs + turnMs) / 1_000) * job.packetsPerSecond)) - sent
  if (due > 0) {
    send(Math.min(due, most))
    sent += Math.min(due, most)
  } else {
    await pause(1)
  }
}
const { user, system } = process.cpuUsage(cpu)
const figures: FloodFigures = {
  packets: sent,
  seconds: (performance.now() - began) / 1_000,
  cpuSeconds: (user + system) / 1e6,
}
program.close()
process.stdout.write(`${JSON.stringify(figures)}\n`)

/** From 10.99.0.0 on; the program makes it one of many. */
function frameOf({ mac, destination, port }: FloodJob): Buffer {
  const bytes = Buffer.alloc(frameBytes)
  bytes.set(Buffer.from(mac.replaceAll(':', ''), 'hex'))
  bytes.set(Buffer.from('0200000000010800', 'hex'), 6)
  const ip = bytes.subarray(14)
  ip[0] = 0x45
  ip.writeUInt16BE(28, 2)
  ip.writeUInt16BE(0xffff, 4)
  ip[8] = 64
  ip[9] = 17
  ip.set([10, 99, 0, 0], 12)
  ip.set(destination.split('.').map(Number), 16)
  ip.writeUInt16BE(checksum(ip, 0), 10)
  ip.writeUInt16BE(port, 22)
  ip.writeUInt16BE(8, 24)
  return bytes
}
