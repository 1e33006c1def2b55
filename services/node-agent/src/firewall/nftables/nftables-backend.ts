import { readFileSync } from 'node:fs'
import {
  nftablesGaps,
  type Policy,
  readNftables,
  readNftablesCounters,
  renderNftables,
} from '@holdfast/policy'
import {
  type Backend,
  type DeviceDrops,
  type DeviceObservation,
  noFlows,
  type Observation,
} from '../backend.ts'
import { countRules } from '../count-rules.ts'
import { isAbsent, nftRunner, type RunNft } from './run-nft.ts'

const table = 'holdfast'

/**
 * Rules as a table of nftables, for hosts whose kernel takes no BPF. Replaced whole in one transaction, read back from
 * what nft prints of the kernel. Throws with the reason where the kernel cannot hold it.
 */
export function nftablesBackend(command: readonly string[] | undefined): Backend {
  if (!command) throw new Error('nft was not found')
  const nft = nftRunner(command)
  probe(nft)
  let policy: Policy | undefined
  /** What is in the table: devices that are there, in this order. */
  let loaded: Policy | undefined

  const countersNow = (): ReturnType<typeof readNftablesCounters> | undefined =>
    orAbsent(() => readNftablesCounters(nft(['-j', 'list', 'counters', 'table', 'netdev', table])))

  return {
    name: 'nftables',
    capabilities: () => [
      { name: 'nftables', isAvailable: true, reason: '' },
      { name: 'flows', isAvailable: false, reason: 'nftables counts and records no flows' },
      ...(policy ? nftablesGaps(policy) : []).map(({ device, reason }) => ({
        name: `stateful:${device}`,
        isAvailable: false,
        reason,
      })),
    ],

    async apply(wanted) {
      const startedAt = performance.now()
      const present: Policy = {
        ...wanted,
        devices: wanted.devices.filter(({ device }) => ifindexOf(device) !== 0),
      }
      const counters = countersNow()?.byName
      const script = renderNftables(present, { table, ...(counters ? { counters } : {}) })
      const builtAt = performance.now()
      nft(['-f', '-'], script)
      policy = wanted
      loaded = present
      return {
        rules: countRules(wanted),
        tuples: 0,
        longestProbe: 0,
        blobBytes: Buffer.byteLength(script),
        buildMs: builtAt - startedAt,
        swapMs: performance.now() - builtAt,
      }
    },

    async observe(): Promise<Observation> {
      if (!policy || !loaded) return { policy: undefined, devices: [], faults: [] }
      const faults: string[] = []
      let read: Policy | undefined
      try {
        read = readNftables(nft(['-nn', '-s', 'list', 'table', 'netdev', table]))
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error))
      }
      return { policy: read && completed(policy, read), devices: observed(policy, read), faults }
    },

    hits: () =>
      (countersNow()?.rules ?? []).map(({ ruleId, direction, packets, bytes, limitedPackets }) => ({
        ruleId,
        direction,
        packets: Number(packets),
        bytes: Number(bytes),
        limitedPackets: Number(limitedPackets),
      })),
    drops: () => dropsOf(countersNow()?.devices ?? [], loaded),
    maps: () => [],
    drainFlows: () => noFlows,
    close() {},
    async uninstall() {
      removeNftables(command)
    },
  }
}

/** Takes our table away; nothing happens where there is none. */
export function removeNftables(command: readonly string[] | undefined): void {
  if (!command) return
  try {
    nftRunner(command)(['delete', 'table', 'netdev', table])
  } catch {
    // There is none, or nft does not work here and so never made one.
  }
}

const probeTable = 'holdfast-probe'

/** Whether this kernel has both hooks (egress is of 5.16); dry runs do not ask it. */
function probe(nft: RunNft): void {
  const chain = (direction: string): string =>
    `chain ${direction} { type filter hook ${direction} device "lo" priority 0; policy accept; }`
  nft(
    ['-f', '-'],
    `table netdev ${probeTable} {\n${chain('ingress')}\n${chain('egress')}\n}\ndelete table netdev ${probeTable}\n`,
  )
}

function orAbsent<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** What is in the kernel, and devices that are not there as they are meant: nothing passes them. */
function completed(wanted: Policy, read: Policy): Policy {
  const views = [...read.views]
  const devices = wanted.devices.flatMap((device) => {
    const found = read.devices.find((each) => each.device === device.device)
    // What cannot be done here is said as a capability; it is no foreign change.
    if (found) {
      const { isStateful } = device.firewall
      return [{ ...found, firewall: { ...found.firewall, isStateful } }]
    }
    const view = wanted.views[device.view]
    if (ifindexOf(device.device) !== 0 || !view) return []
    return [{ ...device, view: views.push(view) - 1 }]
  })
  const known = new Set(devices.map(({ device }) => device))
  return {
    devices: [...devices, ...read.devices.filter(({ device }) => !known.has(device))],
    views,
  }
}

function observed(wanted: Policy, read: Policy | undefined): DeviceObservation[] {
  const gaps = new Map(nftablesGaps(wanted).map(({ device, reason }) => [device, reason]))
  return wanted.devices.map(({ device }) => {
    const ifindex = ifindexOf(device)
    const isJudged = read?.devices.some((each) => each.device === device) ?? false
    const hook = isJudged && ifindex !== 0 ? 'nftables' : ''
    const error = ifindex !== 0 && hook === '' ? 'nothing judges packets there' : ''
    return {
      device,
      ifindex,
      ingressHook: hook,
      egressHook: hook,
      error: error || (ifindex === 0 ? '' : (gaps.get(device) ?? '')),
    }
  })
}

function dropsOf(
  counts: ReturnType<typeof readNftablesCounters>['devices'],
  loaded: Policy | undefined,
): DeviceDrops[] {
  return (loaded?.devices ?? []).map(({ device }, index) => {
    const of = (what: (typeof counts)[number]['what']): number =>
      Number(counts.find((each) => each.device === index && each.what === what)?.packets ?? 0n)
    return {
      device,
      unparsable: of('unparsable'),
      fragments: of('fragment'),
      defaults: of('default'),
    }
  })
}

/** 0 when there is no such device. */
function ifindexOf(device: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8'))
  } catch {
    return 0
  }
}
