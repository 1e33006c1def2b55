// A way through the kernel: a network namespace with a device packets arrive on, and a netfilter rule at its end that
// drops them all. What is attached or loaded in between is what differs between two of them.
import { execFileSync, spawnSync } from 'node:child_process'
import { type BpfProgram, ifindexOf } from '@holdfast/bpf'
import { attachClsact } from '../../packages/bpf/src/attach/clsact.ts'
import type { BpfLink } from '../../packages/bpf/src/attach/link.ts'
import { attachTcx, hasTcx } from '../../packages/bpf/src/attach/tcx.ts'
import { Attributes, answered, bpf } from '../../packages/bpf/src/syscall.ts'
import { type NetNamespace, netNamespace } from '../../packages/bpf/src/testing/net-namespace.ts'
import { command } from '../../packages/bpf/src/uapi.ts'
import { sink } from './netfilter.ts'

const deviceName = 'hf0'
const headerBytes = 40
const liveFrames = 2

const countingTable = `table ip hf_check {
  chain prerouting { type filter hook prerouting priority 99; counter; }
}
`

export class Road {
  readonly name: string
  readonly #namespace: NetNamespace
  readonly #ifindex: number
  readonly #frame: Buffer
  #link: BpfLink | undefined

  constructor(name: string) {
    this.name = name
    this.#namespace = netNamespace()
    try {
      this.#namespace.ip('link', 'add', deviceName, 'type', 'veth', 'peer', 'name', 'hf1')
      for (const device of [deviceName, 'hf1']) this.#namespace.ip('link', 'set', device, 'up')
      this.#ifindex = this.#namespace.inside(() => ifindexOf(deviceName) ?? 0)
      this.load('nft', ['-f', '-'], sink)
      const mac = /link\/ether ([0-9a-f:]{17})/.exec(
        this.#namespace.ip('link', 'show', deviceName),
      )?.[1]
      this.#frame = Buffer.concat([
        Buffer.from((mac ?? '').replaceAll(':', ''), 'hex'),
        Buffer.from('0200000000010800', 'hex'),
        Buffer.alloc(headerBytes),
      ])
    } catch (error) {
      this.#namespace.remove()
      throw error
    }
  }

  /** Runs a tool inside; an `nft` text that has a sink of its own replaces the one there. */
  load(tool: string, words: readonly string[], input: string): void {
    this.#namespace.inside(() => {
      if (tool === 'nft') execFileSync('nft', ['flush', 'ruleset'])
      execFileSync(tool, [...words], { input, stdio: ['pipe', 'ignore', 'pipe'] })
    })
  }

  attach(program: BpfProgram): void {
    this.#namespace.inside(() => {
      if (hasTcx()) this.#link = attachTcx(this.#ifindex, 'ingress', program)
      else attachClsact(this.#ifindex, 'ingress', program)
    })
  }

  /** Nanoseconds a packet, of so many. `deliver` makes them; each ends at the sink. */
  run(deliver: BpfProgram, packets: number): number {
    const context = Buffer.alloc(24)
    context.writeUInt32LE(this.#frame.length, 4)
    context.writeUInt32LE(this.#ifindex, 12)
    const attributes = new Attributes(80)
      .u32(0, deliver.fd)
      .u32(8, this.#frame.length)
      .pointer(16, this.#frame)
      .u32(32, packets)
      .u32(40, context.length)
      .pointer(48, context)
      .u32(64, liveFrames)
    this.#namespace.inside(() =>
      answered('deliver packets', bpf(command.progTestRun, attributes), this.name),
    )
    return attributes.bytes.readUInt32LE(36)
  }

  /** The share of packets that reach the end: what drops some on the way is not the same road. */
  arriving(deliver: BpfProgram): number {
    const packets = 1_000
    const nft = (words: readonly string[], input?: string): string =>
      this.#namespace.inside(() => execFileSync('nft', [...words], { input, encoding: 'utf8' }))
    nft(['-f', '-'], countingTable)
    this.run(deliver, packets)
    const counted = /packets (\d+)/.exec(nft(['list', 'table', 'ip', 'hf_check']))?.[1]
    nft(['delete', 'table', 'ip', 'hf_check'])
    return Number(counted) / packets
  }

  remove(): void {
    this.#link?.close()
    this.#namespace.remove()
  }
}

/** Why a tool cannot be measured; undefined when it can. */
export function toolMissing(tool: string): string | undefined {
  const found = spawnSync(tool, ['--version'], { encoding: 'utf8' })
  return found.status === 0 ? undefined : `${tool} is not installed`
}
