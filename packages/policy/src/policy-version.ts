import { createHash } from 'node:crypto'
import type { Family } from './family.ts'
import type { DevicePolicy, Line, Policy, Prefix, View } from './intermediate.ts'
import { actions, type PortRange } from './model.ts'

/**
 * The policy version: SHA-256 of the canonical form below. Equal policies have equal versions, however their
 * views are shared and their devices listed; whoever decompiles what a kernel holds comes to the same bytes.
 *
 * Numbers are big endian, `text` is u16 bytes and UTF-8, `digest` is 32 bytes of SHA-256.
 *
 *     policy  = digest of: "holdfast policy 1\n", u32 devices, each device, by name
 *     device  = text name, u8 kind (0 wireguard, 1 uplink), text interface id,
 *               u8 flags (1 drops by default, 2 stateful, 4 drops fragments, 8 drops the unparsable), view
 *     view    = digest of: the lists ingress4, egress4, ingress6, egress6
 *     list    = digest of: u32 lines, each run
 *     run     = digest of: each line, in order; a run ends behind a line whose rule id ends in "00", and with the list
 *     line    = text rule id, text implicit, prefix source, prefix destination,
 *               u16 protocol (ffff any), u8 ports (1 source, 2 destination),
 *               u16 source from, to, u16 destination from, to (zero where absent),
 *               u8 action (index in `actions`, + 16 continues, + 32 logs, + 64 has a rate),
 *               with a rate: u32 pps, u32 burst, text bucket
 *     prefix  = u8 length, 4 or 16 bytes
 */
export function policyVersion(policy: Policy): Uint8Array {
  const views = policy.views.map(viewDigest)
  const out = new Writer()
  out.bytes(Buffer.from('holdfast policy 1\n'))
  out.u32(policy.devices.length)
  for (const device of [...policy.devices].sort((a, b) => (a.device < b.device ? -1 : 1))) {
    const view = views[device.view]
    if (view === undefined) throw new RangeError(`${device.device} has no view ${device.view}`)
    writeDevice(out, device)
    out.bytes(view)
  }
  return out.digest()
}

function writeDevice(out: Writer, { device, kind, interfaceId, firewall }: DevicePolicy): void {
  out.text(device)
  out.u8(kind === 'wireguard' ? 0 : 1)
  out.text(interfaceId)
  out.u8(
    (firewall.defaultVerdict === 'drop' ? 1 : 0) |
      (firewall.isStateful ? 2 : 0) |
      (firewall.dropsFragments ? 4 : 0) |
      (firewall.unparsableVerdict === 'drop' ? 8 : 0),
  )
}

export function viewDigest({ ingress4, egress4, ingress6, egress6 }: View): Uint8Array {
  const out = new Writer()
  out.bytes(listDigest(ingress4, 4))
  out.bytes(listDigest(egress4, 4))
  out.bytes(listDigest(ingress6, 6))
  out.bytes(listDigest(egress6, 6))
  return out.digest()
}

function listDigest(lines: readonly Line[], family: Family): Uint8Array {
  const out = new Writer()
  out.u32(lines.length)
  for (let from = 0; from < lines.length; ) {
    const run = runAt(lines, from, family)
    out.bytes(run.digest)
    from += run.lines.length
  }
  return out.digest()
}

interface Run {
  readonly lines: readonly Line[]
  /** By its last line, not by the list. */
  readonly isEnded: boolean
  readonly family: Family
  readonly digest: Uint8Array
}

/** By first line. Lines are shared between policies, so after a change to one rule all runs but one are known. */
const knownRuns = new WeakMap<Line, Run>()

function runAt(lines: readonly Line[], from: number, family: Family): Run {
  const first = lines[from]
  if (first === undefined) throw new RangeError('a run has a line')
  const known = knownRuns.get(first)
  // Comparing references reads no line: with 100,000 of them that is what takes time.
  if (known?.family === family && isAt(known, lines, from)) return known
  const to = endOfRun(lines, from)
  const out = new Writer(scratch)
  for (let i = from; i < to; i++) {
    const line = lines[i]
    if (line !== undefined) writeLine(out, line, family)
  }
  const run = {
    lines: lines.slice(from, to),
    isEnded: isLastOfRun(lines[to - 1]),
    family,
    digest: out.digest(),
  }
  knownRuns.set(first, run)
  return run
}

function isAt(run: Run, lines: readonly Line[], from: number): boolean {
  const to = from + run.lines.length
  if (run.isEnded ? to > lines.length : to !== lines.length) return false
  for (let i = 0; i < run.lines.length; i++) if (run.lines[i] !== lines[from + i]) return false
  return true
}

/** Where runs end follows from the lines, so that a new line moves no other run. */
function endOfRun(lines: readonly Line[], from: number): number {
  let to = from
  while (to < lines.length) if (isLastOfRun(lines[to++])) break
  return to
}

const isLastOfRun = (line: Line | undefined): boolean => line?.ruleId.endsWith('00') === true

function writeLine(out: Writer, line: Line, family: Family): void {
  out.text(line.ruleId)
  out.text(line.implicit)
  writePrefix(out, line.source, family)
  writePrefix(out, line.destination, family)
  out.u16(line.protocol ?? 0xffff)
  out.u8((line.sourcePorts ? 1 : 0) | (line.destinationPorts ? 2 : 0))
  writePorts(out, line.sourcePorts)
  writePorts(out, line.destinationPorts)
  out.u8(
    actions.indexOf(line.action) |
      (line.continues ? 16 : 0) |
      (line.logs ? 32 : 0) |
      (line.rate ? 64 : 0),
  )
  if (line.rate === undefined) return
  out.u32(line.rate.pps)
  out.u32(line.rate.burst)
  out.text(line.rate.bucket)
}

function writePrefix(out: Writer, { value, length }: Prefix, family: Family): void {
  out.u8(length)
  if (family === 4) out.u32(Number(value))
  else out.u128(value)
}

function writePorts(out: Writer, range: PortRange | undefined): void {
  out.u16(range?.from ?? 0)
  out.u16(range?.to ?? 0)
}

/** Only runs are written here, one after the other. */
const scratch = Buffer.allocUnsafe(1 << 16)

/** Collects bytes and hashes them in pieces, so that a large policy is never in memory as a whole. */
class Writer {
  readonly #hash = createHash('sha256')
  readonly #buffer: Buffer
  #length = 0

  constructor(buffer = Buffer.allocUnsafe(1 << 10)) {
    this.#buffer = buffer
  }

  u8(value: number): void {
    this.#room(1)
    this.#buffer[this.#length++] = value
  }

  u16(value: number): void {
    this.#room(2)
    this.#buffer[this.#length++] = value >>> 8
    this.#buffer[this.#length++] = value
  }

  u32(value: number): void {
    this.#room(4)
    this.#buffer[this.#length++] = value >>> 24
    this.#buffer[this.#length++] = value >>> 16
    this.#buffer[this.#length++] = value >>> 8
    this.#buffer[this.#length++] = value
  }

  u128(value: bigint): void {
    this.#room(16)
    this.#buffer.writeBigUInt64BE(value >> 64n, this.#length)
    this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), this.#length + 8)
    this.#length += 16
  }

  text(value: string): void {
    if (value.length > 256) throw new RangeError('a text that long is no id')
    this.#room(2 + value.length * 3)
    const length = this.#buffer.write(value, this.#length + 2)
    this.u16(length)
    this.#length += length
  }

  bytes(value: Uint8Array): void {
    this.#flush()
    this.#hash.update(value)
  }

  digest(): Uint8Array {
    this.#flush()
    return this.#hash.digest()
  }

  #room(bytes: number): void {
    if (this.#length + bytes > this.#buffer.length) this.#flush()
  }

  #flush(): void {
    if (this.#length > 0) this.#hash.update(this.#buffer.subarray(0, this.#length))
    this.#length = 0
  }
}
