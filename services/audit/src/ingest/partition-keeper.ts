import { isLockTimeout, type Postgres, sql } from '@holdfast/postgres'
import type { Logger } from '@holdfast/telemetry'
import {
  dayMs,
  type Limits,
  lengthFor,
  missing,
  type Partition,
  partitionName,
  type Span,
  superfluous,
} from '../domain/partitions.ts'

/** How far ahead there is always a partition. */
const aheadMs = dayMs
/** Runs of an agent nobody hears of any more; a node that makes new ones all the time keeps its last. */
const sourcesKeptMs = 90 * dayMs
const sourcesANode = 50

/** Makes partitions before they are needed and drops them when they are too old, or too large together. */
export class PartitionKeeper {
  readonly #postgres: Postgres
  readonly #log: Logger
  readonly #limits: Limits
  readonly #now: () => number
  #partitions: readonly Partition[] = []
  #isFull = false

  constructor(options: {
    readonly postgres: Postgres
    readonly log: Logger
    readonly limits: Limits
    readonly now: () => number
  }) {
    this.#postgres = options.postgres
    this.#log = options.log
    this.#limits = options.limits
    this.#now = options.now
  }

  /** The partition of now alone is larger than all may be: nothing is stored until it is past. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Makes what is missing for these times. */
  async ensure(span: Span): Promise<void> {
    if (missing(this.#partitions, span, dayMs).length === 0) return
    await this.#load()
    const length = lengthFor(this.#partitions, this.#limits.maxBytes, this.#now())
    for (const wanted of missing(this.#partitions, span, length)) {
      const name = partitionName(wanted)
      const [from, to] = [wanted.from, wanted.to].map((time) => new Date(time).toISOString())
      // Attached and not made as a part: that would lock readers out for a moment.
      await this.#postgres.tx((tx) =>
        tx.script(`
          create table audit.${name} (
            like audit.connection_logs including defaults including constraints);
          alter table audit.connection_logs attach partition audit.${name}
            for values from ('${from}') to ('${to}')`),
      )
      this.#log.info({ partition: name }, 'made room for flows')
    }
    await this.#load()
  }

  /** Once in a while: looks ahead, looks at sizes, drops what goes. */
  async sweep(): Promise<void> {
    const now = this.#now()
    await this.#load()
    for (const { name, bytes } of superfluous(this.#partitions, this.#limits, now)) {
      if (!(await this.#drop(name))) break
      this.#log.info({ partition: name, bytes }, 'dropped flows')
    }
    await this.ensure({ from: now, to: now + aheadMs })
    await this.#load()
    const bytes = this.#partitions.reduce((sum, one) => sum + one.bytes, 0)
    const wasFull = this.#isFull
    this.#isFull = bytes > this.#limits.maxBytes
    if (this.#isFull && !wasFull) {
      const { maxBytes } = this.#limits
      this.#log.error({ bytes, maxBytes }, 'no room for flows: they are counted and not kept')
    }
    const oldest = new Date(now - this.#limits.retentionMs)
    await this.#postgres.execute(sql`delete from audit.flow_slots where slot < ${oldest}`)
    await this.#postgres.execute(sql`
      delete from audit.flow_sources where heard_at < ${new Date(now - sourcesKeptMs)}
        or (node_id, instance_id) in (
          select node_id, instance_id from (
            select node_id, instance_id, row_number() over (partition by node_id order by heard_at desc) as age
            from audit.flow_sources) s
          where age > ${sourcesANode})`)
  }

  /** Somebody may be reading from it, and to wait would hold up everybody behind us. */
  async #drop(name: string): Promise<boolean> {
    try {
      await this.#postgres.tx(async (tx) => {
        await tx.script("set local lock_timeout = '2s'")
        await tx.execute(sql`drop table ${sql.identifier('audit', name)}`)
      })
      return true
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      this.#log.info({ partition: name }, 'flows are being read, dropped later')
      return false
    }
  }

  async #load(): Promise<void> {
    const rows = await this.#postgres.query<{
      name: string
      from_time: Date
      to_time: Date
      bytes: bigint
    }>(sql`
      select c.relname as name, bounds[1]::timestamptz as from_time,
        bounds[2]::timestamptz as to_time, pg_total_relation_size(c.oid) as bytes
      from pg_inherits i join pg_class c on c.oid = i.inhrelid,
        regexp_match(pg_get_expr(c.relpartbound, c.oid), ${"FROM \\('([^']+)'\\) TO \\('([^']+)'\\)"}) as bounds
      where i.inhparent = 'audit.connection_logs'::regclass
      order by 2`)
    this.#partitions = rows.map(({ name, from_time, to_time, bytes }) => ({
      name,
      from: from_time.getTime(),
      to: to_time.getTime(),
      bytes: Number(bytes),
    }))
  }
}
