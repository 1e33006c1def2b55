import type { TelemetryBatch, TelemetryMessage, TelemetryPosition } from '@holdfast/event-log'
import { type Postgres, sql, type Transaction, unnest } from '@holdfast/postgres'
import { readBatch } from '../codecs/read-batch.ts'
import { type Source, take, unheard } from '../domain/batch-ledger.ts'
import type { FlowBatch } from '../domain/flow.ts'
import type { FlowMetrics } from './flow-metrics.ts'
import { flowColumns, flowRows } from './flow-rows.ts'
import type { Names } from './names.ts'
import type { PartitionKeeper } from './partition-keeper.ts'
import { everyNode, Slots, slotOf } from './slots.ts'

/** Another instance has written meanwhile: begin again where it is. */
export class PositionMoved extends Error {}

interface WriterParts {
  readonly postgres: Postgres
  readonly keeper: Pick<PartitionKeeper, 'ensure' | 'isFull'>
  readonly namesFor: (batches: readonly FlowBatch[]) => Promise<Names>
  readonly metrics: FlowMetrics
}

/** What one write stores. */
interface Plan {
  readonly batches: readonly FlowBatch[]
  readonly sources: ReadonlyMap<string, Source>
  readonly slots: Slots
  readonly refused: readonly string[]
  readonly missing: number
}

/** Sources in memory before all are forgotten and read again. */
const maxSources = 20_000

/**
 * Batches to rows. The rows, the numbers taken and the position in the stream move in one transaction, so a batch is
 * stored once, whatever is repeated; and what is not durable yet when the machine loses power is read again.
 */
export class FlowWriter {
  readonly #parts: WriterParts
  readonly #sources = new Map<string, Source>()
  #position: TelemetryPosition | undefined

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /** Where to read on; undefined at the very first start. */
  async load(): Promise<TelemetryPosition | undefined> {
    const [row] = await this.#parts.postgres.query<{ stream: string; sequence: bigint }>(
      sql`select stream, sequence from audit.flow_position`,
    )
    this.#position = row && { stream: row.stream, sequence: row.sequence }
    this.#sources.clear()
    return this.#position
  }

  /**
   * Stores a batch of the stream. Throws PositionMoved, and what Postgres throws; nothing is stored then. With
   * `isRefused` its messages are only counted: the database would not take them.
   */
  async write(
    { messages, position, missed }: TelemetryBatch,
    { isRefused = false }: { readonly isRefused?: boolean } = {},
  ): Promise<void> {
    const { postgres, keeper, namesFor, metrics } = this.#parts
    const read = messages.map((message) => (isRefused ? refusedByUs(message) : readBatch(message)))
    const good = read.flatMap((one) => (one.ok ? [one.batch] : []))
    const names = await namesFor(good)
    await this.#recall(good)
    const plan = this.#plan(messages, read, names, missed)
    const isStored = !keeper.isFull && plan.batches.some(({ flows }) => flows.length > 0)
    if (isStored) await keeper.ensure(spanOf(plan.batches))

    await postgres.tx(async (tx) => {
      await tx.script('set local synchronous_commit = off')
      await this.#move(tx, position)
      if (isStored) {
        await tx.copyIn(
          sql.identifier('audit', 'connection_logs'),
          flowColumns,
          rowsOf(plan.batches, names),
        )
      }
      if (plan.sources.size > 0) await tx.execute(keepSources(plan.sources))
      if (!plan.slots.isEmpty) await tx.execute(plan.slots.statement())
    })

    this.#position = position
    for (const [key, source] of plan.sources) this.#sources.set(key, source)
    if (isStored) metrics.stored.inc(plan.batches.reduce((sum, { flows }) => sum + flows.length, 0))
    for (const reason of plan.refused) metrics.refused.inc({ reason })
    if (plan.missing > 0) metrics.missing.inc(plan.missing)
    metrics.unread.inc(Number(missed))
    const last = messages.at(-1)
    if (last) metrics.delaySeconds.set(Math.max(0, Date.now() - last.storedAtUnixMs) / 1000)
  }

  /** Decides about each message, in order. */
  #plan(
    messages: readonly TelemetryMessage[],
    read: readonly ReturnType<typeof readBatch>[],
    names: Names,
    missed: bigint,
  ): Plan {
    const slots = new Slots()
    const sources = new Map<string, Source>()
    const batches: FlowBatch[] = []
    const refused: string[] = []
    let missing = 0
    read.forEach((reading, i) => {
      const slot = slotOf(messages[i]?.storedAtUnixMs ?? 0)
      if (i === 0 && missed > 0n) {
        slots.add(slot, everyNode, undefined, { unread_batches: Number(missed) })
      }
      const nodeId = reading.ok ? reading.batch.nodeId : reading.nodeId
      const node = nodeId === undefined ? undefined : names.node(nodeId)
      if (!reading.ok || !node) {
        refused.push(reading.ok ? 'unknown node' : reading.reason)
        slots.add(slot, nodeId ?? everyNode, node?.organizationId, { malformed_batches: 1 })
        return
      }
      const { batch } = reading
      const { organizationId } = node
      const key = sourceKey(batch)
      const known = sources.get(key) ?? this.#sources.get(key) ?? unheard
      const taken = take(known, batch.number, slot)
      if (!taken.isNew) {
        refused.push('repeated')
        return
      }
      sources.set(key, taken.source)
      batches.push(batch)
      missing += taken.missing
      if (taken.missing !== 0) {
        slots.add(taken.slot, batch.nodeId, organizationId, { missing_batches: taken.missing })
      }
      const { isFull } = this.#parts.keeper
      slots.add(slot, batch.nodeId, organizationId, {
        batches: 1,
        flows: isFull ? 0 : batch.flows.length,
        refused_flows: isFull ? batch.flows.length : 0,
        lost_flows: batch.lostFlows,
        lost_packets: batch.lostPackets,
        malformed_flows: batch.malformedFlows,
        shifted_batches: batch.isShifted ? 1 : 0,
      })
    })
    return { batches, sources, slots, refused, missing }
  }

  /** Brings into memory what is known of these senders. */
  async #recall(batches: readonly FlowBatch[]): Promise<void> {
    if (this.#sources.size > maxSources) this.#sources.clear()
    const unknown = new Map(batches.map((batch) => [sourceKey(batch), batch]))
    for (const key of this.#sources.keys()) unknown.delete(key)
    if (unknown.size === 0) return
    const keys = [...unknown.values()].map(({ nodeId, instanceId }) => ({
      node_id: nodeId,
      instance_id: instanceId,
    }))
    const rows = await this.#parts.postgres.query<{
      node_id: string
      instance_id: string
      last_number: bigint
      gaps: Source['gaps']
    }>(sql`
      select s.* from audit.flow_sources s
      join ${unnest({ node_id: 'uuid', instance_id: 'text' }, keys)} as k
        using (node_id, instance_id)`)
    for (const { node_id, instance_id, last_number, gaps } of rows) {
      const key = sourceKey({ nodeId: node_id, instanceId: instance_id })
      this.#sources.set(key, { lastNumber: Number(last_number), gaps })
    }
  }

  async #move(tx: Transaction, { stream, sequence }: TelemetryPosition): Promise<void> {
    const from = this.#position
    const moved = from
      ? await tx.execute(sql`
          update audit.flow_position set stream = ${stream}, sequence = ${sequence}
          where stream = ${from.stream} and sequence = ${from.sequence}`)
      : await tx.execute(sql`
          insert into audit.flow_position (stream, sequence) values (${stream}, ${sequence})
          on conflict do nothing`)
    if (moved === 0) throw new PositionMoved('another instance reads the flows')
  }
}

const refusedByUs = ({ subject }: TelemetryMessage) =>
  ({ ok: false, nodeId: subject.split('.')[2], reason: 'database' }) as const

const sourceKey = ({ nodeId, instanceId }: Pick<FlowBatch, 'nodeId' | 'instanceId'>): string =>
  `${nodeId} ${instanceId}`

function* rowsOf(batches: readonly FlowBatch[], names: Names) {
  for (const batch of batches) {
    const node = names.node(batch.nodeId)
    if (node) yield* flowRows(batch, node, names)
  }
}

function spanOf(batches: readonly FlowBatch[]) {
  let from = Number.POSITIVE_INFINITY
  let to = 0
  for (const { flows } of batches) {
    for (const { lastUnixMs } of flows) {
      if (lastUnixMs < from) from = lastUnixMs
      if (lastUnixMs >= to) to = lastUnixMs + 1
    }
  }
  return { from, to }
}

function keepSources(sources: ReadonlyMap<string, Source>) {
  const rows = [...sources].map(([key, { lastNumber, gaps }]) => {
    const [node_id, instance_id] = key.split(' ')
    return { node_id, instance_id, last_number: lastNumber, gaps }
  })
  const columns = {
    node_id: 'uuid',
    instance_id: 'text',
    last_number: 'bigint',
    gaps: 'jsonb',
  } as const
  return sql`
    insert into audit.flow_sources (node_id, instance_id, last_number, gaps, heard_at)
    select node_id, instance_id, last_number, gaps, now() from ${unnest(columns, rows)} as u
    on conflict (node_id, instance_id) do update set
      last_number = excluded.last_number, gaps = excluded.gaps, heard_at = excluded.heard_at`
}
