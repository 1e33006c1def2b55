import type { Direction, Policy } from '@holdfast/policy'

export const backendNames = ['none', 'bpf', 'nftables'] as const
export type BackendName = (typeof backendNames)[number]

/** What this host can do, with the reason where it cannot. */
export interface Capability {
  readonly name: string
  readonly isAvailable: boolean
  /** Empty when it is available. */
  readonly reason: string
}

/** Of one policy that was put into the kernel. */
export interface ApplyFigures {
  /** Distinct rules it holds. */
  readonly rules: number
  readonly tuples: number
  readonly longestProbe: number
  readonly blobBytes: number
  readonly buildMs: number
  readonly swapMs: number
}

/** How one device is enforced, as read from the kernel. */
export interface DeviceObservation {
  readonly device: string
  /** The kernel's number of it; 0 when there is no device of that name. */
  readonly ifindex: number
  /** `tcx`, `tc`, `xdp` or `nftables`; empty when nothing of ours judges there. */
  readonly ingressHook: string
  readonly egressHook: string
  /** What is not as it should be; empty when all is well. */
  readonly error: string
}

/** What the kernel holds, read back. */
export interface Observation {
  /**
   * The intermediate form of what judges packets; undefined when it could not be read. It is the very object `apply`
   * was given when the kernel holds, byte for byte, what was compiled from it.
   */
  readonly policy: Policy | undefined
  readonly devices: readonly DeviceObservation[]
  /** Differences that show in no device and no line, for example a program that is not the one loaded. */
  readonly faults: readonly string[]
}

/** Hits of a rule in one direction. They only grow, unless whoever counts began anew. */
export interface Hits {
  readonly ruleId: string
  readonly direction: Direction
  readonly packets: number
  readonly bytes: number
  /** Beyond the rate limit; included in the packets. */
  readonly limitedPackets: number
}

/** Packets of one device that no rule decided. They only grow. */
export interface DeviceDrops {
  readonly device: string
  readonly unparsable: number
  readonly fragments: number
  readonly defaults: number
}

/**
 * How the kernel is read. `bytes`: what judges packets is compared with what was compiled; anything else is taken
 * apart. `lines`: it is taken apart in any case, which proves the compiler, too, and takes as long as compiling.
 */
export type Depth = 'bytes' | 'lines'

export const flowVerdicts = ['pass', 'drop', 'limited', 'default-drop', 'unparsable'] as const
export type FlowVerdict = (typeof flowVerdicts)[number]

/** Packets of one flow that one line recorded. */
export interface Flow {
  /** Empty when no rule matched. */
  readonly ruleId: string
  readonly verdict: FlowVerdict
  readonly direction: Direction
  /** 4 or 16 bytes. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly packets: number
  readonly bytes: number
  readonly firstUnixMs: number
  readonly lastUnixMs: number
  readonly device: string
  /** Version of the policy that judged; undefined when it is not known any more. */
  readonly policyVersion: Uint8Array | undefined
}

export interface DrainedFlows {
  readonly flows: readonly Flow[]
  /** What there was no room for, in the kernel or here, since the drain before. */
  readonly lostFlows: number
  readonly lostPackets: number
}

/** How full a map of the kernel is. */
export interface MapFigures {
  /** As the kernel names it. */
  readonly name: string
  readonly entries: number
  readonly maxEntries: number
}

export const noFlows: DrainedFlows = { flows: [], lostFlows: 0, lostPackets: 0 }

/**
 * What enforces policies in the kernel of this host. A fake and the real ones pass one suite. Calls do not overlap.
 */
export interface Backend {
  readonly name: BackendName
  capabilities(): readonly Capability[]
  /**
   * Makes the kernel enforce the policy on every device of it that is there, and on no other. Whatever it has
   * already, this is the way there: first start, change, new device and repair are one. Throws when it cannot;
   * the policy before stays in force then.
   */
  apply(policy: Policy, version: Uint8Array): Promise<ApplyFigures>
  /** Reads the kernel, whatever `apply` believes to have done. */
  observe(depth: Depth): Promise<Observation>
  /** A rule that is not among them has counted nothing. */
  hits(): readonly Hits[]
  drops(): readonly DeviceDrops[]
  /** Maps that can be full. Walks through those whose entries the kernel does not count. */
  maps(): readonly MapFigures[]
  /** Takes the recorded flows out; at most this many are told, the rest is counted as lost. */
  drainFlows(most: number): DrainedFlows
  /** Lets go; what is enforced stays in force. */
  close(): void
  /** Takes everything of ours out of the kernel. */
  uninstall(): Promise<void>
}
