import { join } from 'node:path'
import {
  BpfMap,
  hfConn,
  hfConnkey,
  hfCounter,
  hfFlow,
  hfFlowkey,
  hfLimit,
  hfSrckey,
  hfStat,
  isRefusal,
  type NewMap,
  unpin,
} from '@holdfast/bpf'

/**
 * The maps all programs of a host share. Those with a name in the folder of pins outlive the agent: counters, token
 * buckets, connections and recorded flows go on where they were.
 */
export interface KernelMaps {
  readonly capacity: Capacity
  /** The one pointer; storing it swaps the policy of all devices. */
  readonly gen: BpfMap
  /** What is not pointed at is written next. */
  readonly blobs: readonly [BpfMap, BpfMap]
  readonly flowGen: BpfMap
  readonly flows: readonly [BpfMap, BpfMap]
  readonly counters: BpfMap
  readonly stats: BpfMap
  readonly buckets: BpfMap
  readonly sources: BpfMap
  readonly connections: BpfMap
  readonly guard: BpfMap
}

/** How much there is room for. */
export interface Capacity {
  /** Size class of the blob. */
  readonly blobBytes: number
  readonly counters: number
  readonly buckets: number
  readonly sources: number
  readonly connections: number
  readonly flows: number
}

/** Smallest that is made: what a small rule set needs, so that programs need not be loaded again soon. */
const least: Omit<Capacity, 'blobBytes' | 'flows'> = {
  counters: 8_192,
  buckets: 256,
  sources: 1,
  connections: 1,
}
/** Of an LRU map that is in use. */
const manySources = 65_536
const manyConnections = 131_072

export interface Need {
  readonly blobBytes: number
  /** Slots; each has two counters. */
  readonly counterSlots: number
  readonly bucketSlots: number
  readonly hasSourceLimits: boolean
  readonly isStateful: boolean
  readonly flows: number
}

/** What is there if it is enough; else what is needed and room to grow, so that maps are not changed every time. */
export function capacityFor(need: Need, current: Capacity | undefined): Capacity {
  const grown = (needed: number, now: number, smallest: number): number =>
    now > 0 && needed <= now ? now : Math.max(smallest, Math.ceil((needed * 1.5) / 1_024) * 1_024)
  return {
    blobBytes: Math.max(need.blobBytes, current?.blobBytes ?? 0),
    counters: grown(need.counterSlots * 2, current?.counters ?? 0, least.counters),
    buckets: grown(need.bucketSlots, current?.buckets ?? 0, least.buckets),
    sources: Math.max(need.hasSourceLimits ? manySources : least.sources, current?.sources ?? 0),
    connections: Math.max(
      need.isStateful ? manyConnections : least.connections,
      current?.connections ?? 0,
    ),
    flows: Math.max(need.flows, current?.flows ?? 0),
  }
}

export const isSameCapacity = (a: Capacity, b: Capacity): boolean =>
  a.blobBytes === b.blobBytes &&
  a.counters === b.counters &&
  a.buckets === b.buckets &&
  a.sources === b.sources &&
  a.connections === b.connections &&
  a.flows === b.flows

interface Kind {
  readonly name: string
  readonly type: NewMap['type']
  readonly keyBytes: number
  readonly valueBytes: number
}

const kinds = {
  counters: { name: 'hf_counters', type: 'percpuArray', keyBytes: 4, valueBytes: hfCounter.bytes },
  stats: { name: 'hf_stats', type: 'percpuArray', keyBytes: 4, valueBytes: hfStat.bytes },
  buckets: { name: 'hf_buckets', type: 'array', keyBytes: 4, valueBytes: 8 },
  sources: { name: 'hf_srcbuckets', type: 'lruHash', keyBytes: hfSrckey.bytes, valueBytes: 8 },
  connections: {
    name: 'hf_conns',
    type: 'lruHash',
    keyBytes: hfConnkey.bytes,
    valueBytes: hfConn.bytes,
  },
  guard: { name: 'hf_guard', type: 'array', keyBytes: 4, valueBytes: 8 },
  flows: { name: 'hf_flows', type: 'hash', keyBytes: hfFlowkey.bytes, valueBytes: hfFlow.bytes },
} as const satisfies Record<string, Kind>

const pinned = ['counters', 'buckets', 'sources', 'connections', 'guard', 'stats'] as const
type Pinned = (typeof pinned)[number]

/** Names of the maps in the programs, and which of ours each is. */
export const mapsByName = (maps: KernelMaps): Readonly<Record<string, BpfMap>> => ({
  hf_gen: maps.gen,
  hf_flowgen: maps.flowGen,
  hf_counters: maps.counters,
  hf_stats: maps.stats,
  hf_buckets: maps.buckets,
  hf_srcbuckets: maps.sources,
  hf_conns: maps.connections,
  hf_guard: maps.guard,
})

/**
 * Maps of this capacity. Those of `current`, or pinned by an agent before us, that fit are taken; what a smaller one
 * holds is copied. The pointers are always new: whoever is attached with the old ones keeps judging by them until it is
 * replaced.
 */
export function openMaps(
  folder: string,
  capacity: Capacity,
  current: KernelMaps | undefined,
): KernelMaps {
  const entries: Readonly<Record<Pinned, number>> = {
    counters: capacity.counters,
    buckets: capacity.buckets,
    sources: capacity.sources,
    connections: capacity.connections,
    guard: 1,
    stats: hfLimit.devices * 2,
  }
  const take = (which: Pinned): BpfMap => {
    const before = current?.[which] ?? pinnedMap(join(folder, which), kinds[which])
    if (before?.info.maxEntries === entries[which]) return before
    const made = BpfMap.create({ ...kinds[which], maxEntries: entries[which] })
    if (before) {
      copy(before, made)
      if (before !== current?.[which]) before.close()
    }
    return made
  }
  const shared = Object.fromEntries(pinned.map((which) => [which, take(which)])) as Record<
    Pinned,
    BpfMap
  > // as: one of each
  const blob = (name: string): BpfMap =>
    BpfMap.create({
      name,
      type: 'array',
      keyBytes: 4,
      valueBytes: capacity.blobBytes + hfLimit.overrun,
      maxEntries: 1,
    })
  const isBlobKept = current?.capacity.blobBytes === capacity.blobBytes
  const blobs =
    isBlobKept && current ? current.blobs : ([blob('hf_blob_a'), blob('hf_blob_b')] as const)
  const flowBuffer = (): BpfMap => BpfMap.create({ ...kinds.flows, maxEntries: capacity.flows })
  const isFlowsKept = current?.capacity.flows === capacity.flows
  const flows = isFlowsKept && current ? current.flows : ([flowBuffer(), flowBuffer()] as const)
  return {
    capacity,
    ...shared,
    blobs,
    gen: isBlobKept && current ? current.gen : pointer('hf_gen', blobs[0]),
    flows,
    flowGen: isFlowsKept && current ? current.flowGen : pointer('hf_flowgen', flows[0]),
  }
}

/** Files in the folder of pins, beside those of links. */
export const pinNames: readonly string[] = [...pinned, 'gen', 'flowgen']

/** Names what is to outlive the agent, in place of what had the names before. */
export function pinMaps(folder: string, maps: KernelMaps): void {
  for (const which of pinned) pinAs(maps[which], join(folder, which))
  pinAs(maps.gen, join(folder, 'gen'))
  pinAs(maps.flowGen, join(folder, 'flowgen'))
}

/** Closes what `kept` does not use as well. */
export function closeMaps(maps: KernelMaps, kept: KernelMaps | undefined): void {
  const stays = new Set<BpfMap>(kept ? everyMap(kept) : [])
  for (const map of everyMap(maps)) if (!stays.has(map)) map.close()
}

const everyMap = (maps: KernelMaps): readonly BpfMap[] => [
  ...pinned.map((which) => maps[which]),
  maps.gen,
  maps.flowGen,
  ...maps.blobs,
  ...maps.flows,
]

/** The bytes an agent before us has put into force; undefined when there is nothing to go on from. */
export function pinnedBlob(folder: string): Uint8Array | undefined {
  const gen = pinnedMap(join(folder, 'gen'), undefined)
  if (!gen) return undefined
  try {
    return blobBehind(gen)
  } finally {
    gen.close()
  }
}

/** What a pointer points at now; `into` as in `BpfMap.lookup`. */
export function blobBehind(gen: BpfMap, into?: Buffer): Buffer | undefined {
  const id = gen.innerId(0)
  if (id === undefined) return undefined
  const blob = BpfMap.byId(id)
  try {
    return blob.lookup(0, into)
  } finally {
    blob.close()
  }
}

/** Pinned and of this kind; undefined else: another version's layout is not to be read as ours. */
function pinnedMap(path: string, kind: Kind | undefined): BpfMap | undefined {
  let map: BpfMap
  try {
    map = BpfMap.pinned(path)
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return undefined
    throw error
  }
  const { type, keyBytes, valueBytes } = map.info
  const fits =
    !kind || (type === kind.type && keyBytes === kind.keyBytes && valueBytes === kind.valueBytes)
  if (fits) return map
  map.close()
  return undefined
}

function pointer(name: string, inner: BpfMap): BpfMap {
  const made = BpfMap.create({
    name,
    type: 'arrayOfMaps',
    keyBytes: 4,
    valueBytes: 4,
    maxEntries: 1,
    inner,
  })
  made.setInner(0, inner)
  return made
}

function pinAs(map: BpfMap, path: string): void {
  const known = pinnedMap(path, undefined)
  const isThere = known?.info.id === map.info.id
  known?.close()
  if (isThere) return
  unpin(path)
  map.pin(path)
}

const copiedAtOnce = 4_096

/** What is counted between the copy and the swap is lost: some packets, when maps grow. */
function copy(from: BpfMap, to: BpfMap): void {
  const room = to.info.maxEntries
  const isArray = from.info.type === 'array' || from.info.type === 'percpuArray'
  let done = 0
  for (const { count, keys, values } of from.batches(copiedAtOnce)) {
    const some = isArray ? Math.min(count, room - done) : count
    if (some <= 0) return
    to.updateBatch(
      keys.subarray(0, some * from.info.keyBytes),
      values.subarray(0, some * from.stride),
    )
    done += some
  }
}
