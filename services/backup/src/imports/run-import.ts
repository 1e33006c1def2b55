import { setTimeout as delay } from 'node:timers/promises'
import { type CommandId, newId, uuidV5 } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { Actor, EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { OrganizationService } from '@holdfast/proto'
import type { Client, DataKeys } from '@holdfast/service'
import { commandIdOf, keyFor, type SnapshotKey, type SnapshotLimits } from '@holdfast/snapshot'
import { imports } from '../commands/import-aggregate.ts'
import { organizationsFor } from '../queries/organizations.ts'
import { type Directory, foundations, type KnownContributor } from '../snapshots/directory.ts'
import type { Inspected, Page } from '../snapshots/read-task.ts'
import type { Work } from '../work/work.ts'
import { sectionCounts } from './import-records.ts'
import {
  beginWriting,
  type ImportLease,
  type ImportWish,
  importRow,
  keepAlive,
  inspected as noteInspected,
  notePage,
  type RecordOutcome,
} from './import-store.ts'
import { type ImportPlan, planImport, type Target } from './plan-import.ts'

export interface ImportParts {
  readonly log: Pick<EventLog, 'execute' | 'safeHead'>
  readonly postgres: Postgres
  readonly directory: Directory
  readonly organizations: Pick<Client<typeof OrganizationService>, 'createOrganization'>
  readonly keys: DataKeys
  readonly work: Work
  readonly lineageId: string
  readonly limits: SnapshotLimits
  caughtUp(): Promise<bigint>
}

/** Where a file comes from that nobody sent: a backup that is restored. */
export interface ImportSource {
  /** Leaves the file at that path, whole and as it was made. */
  fetch(path: string, signal: AbortSignal): Promise<void>
  /** Everything was checked, and the first write is next. Answers the sequence of the log that undoes all of it. */
  beforeWriting(signal: AbortSignal): Promise<bigint>
}

/** One run, by whoever asked for it. Nothing of this is kept. */
export interface ImportRun {
  readonly lease: ImportLease
  readonly wish: ImportWish
  readonly path: string
  readonly passphrase: string
  /** Of a person; without one nothing can be written. */
  readonly accessToken: string | undefined
  readonly actor: Actor
  readonly correlationId: string
  readonly signal: AbortSignal
  /** Absent: somebody has sent the file. */
  readonly source?: ImportSource
}

/** The row is somebody else's by now, or gone. */
export class ImportLost extends Error {
  override readonly name = 'ImportLost'
}

const organizationSection = 'organization'
const contributeMs = 120_000
const attempts = 6
const firstDelayMs = 500
/** Of one page's request, in a dry run: what earlier sections would have made. */
const maxPromised = 50_000

/**
 * Reads all of the file before anything is written; then page by page, each noted when it is done. Answers when all of it
 * is done and said in the log.
 */
export async function runImport(parts: ImportParts, run: ImportRun): Promise<void> {
  const { postgres, work, limits } = parts
  const { lease, wish, path, signal, source } = run
  const file = { path, limits }
  await source?.fetch(path, signal)
  const inspected = await work.run('snapshot.inspect', file, { signal })
  if (source) await noteInspected(postgres, lease.id, inspected)
  const key = await openingKey(parts, inspected, run.passphrase)
  const ask = { ...file, key }
  await work.run('snapshot.read', ask, { signal, answers: { page: () => Promise.resolve() } })
  await own(keepAlive(postgres, lease))

  await parts.caughtUp()
  const known = await parts.directory.contributors(signal)
  const plan = planImport(inspected.header, wish, known, await organizationsFor(postgres, ''))
  const before = wish.isDryRun
    ? undefined
    : await (source?.beforeWriting(signal) ?? parts.log.safeHead())
  await own(
    beginWriting(postgres, lease, {
      sections: plan.sections.map(({ standing }) => standing),
      warnings: plan.warnings,
      rollbackSequence: before,
    }),
  )
  const homes = await makeOrganizations(parts, run, plan.targets)
  await bringIn(parts, run, { plan, known, homes, key, from: await doneBefore(parts, run) })
  if (!wish.isDryRun) await record(parts, run, { inspected, plan, homes })
}

const own = async (write: Promise<boolean>): Promise<void> => {
  if (!(await write)) throw new ImportLost('the import is not ours any more')
}

async function doneBefore({ postgres }: ImportParts, { lease, wish }: ImportRun): Promise<number> {
  if (wish.isDryRun) return 0
  return (await importRow(postgres, lease.id))?.doneRecords ?? 0
}

/** A key of ours is only looked for when it can be ours: keys of owners nobody knows would be made by asking for them. */
async function openingKey(
  { keys, lineageId, postgres }: ImportParts,
  { header }: Inspected,
  passphrase: string,
): Promise<SnapshotKey | undefined> {
  return await keyFor(header, passphrase, async (owner, keyId) => {
    if (header.manifest.lineageId !== lineageId) return undefined
    const isOurs = owner === lineageId || (await organizationsFor(postgres, owner)).length > 0
    return isOurs ? (await keys.of(owner, keyId)).byId(keyId)?.key : undefined
  })
}

/** Ids of the targets by the names the snapshot has for them; empty for one that a dry run would make. */
async function makeOrganizations(
  { organizations, postgres }: ImportParts,
  { lease, wish, accessToken, correlationId, signal }: ImportRun,
  targets: readonly Target[],
): Promise<ReadonlyMap<string, string>> {
  const homes = new Map<string, string>()
  const outcomes: RecordOutcome[] = []
  for (const [index, { name, description, organizationId }] of targets.entries()) {
    let id = organizationId
    let isMade = false
    if (id === undefined && !wish.isDryRun) {
      const { organization } = await organizations.createOrganization(
        { name, description },
        {
          ...speaksFor(accessToken),
          correlationId,
          signal,
          reason: `import ${lease.id}`,
          commandId: commandIdOf(lease.id, organizationSection, '', index),
        },
      )
      id = organization?.id ?? ''
      isMade = true
    }
    homes.set(name, id ?? '')
    const isThere = organizationId !== undefined && !isMade
    outcomes.push({
      place: index - targets.length,
      section: organizationSection,
      organization: name,
      record: index,
      name,
      outcome: isThere ? 'unchanged' : 'created',
      code: isThere ? 'backup.exists' : '',
      detail: isThere ? 'is there already' : '',
    })
  }
  // Of a run that goes on, what the first one said stands: it made them.
  const isFirst = (await doneOf(postgres, lease.id)) === 0
  if (isFirst) await own(notePage(postgres, lease, outcomes, { records: 0, progress: 10 }))
  return homes
}

const doneOf = async (postgres: Postgres, id: string): Promise<number> =>
  (await importRow(postgres, id))?.doneRecords ?? 0

interface Bringing {
  readonly plan: ImportPlan
  readonly known: readonly KnownContributor[]
  readonly homes: ReadonlyMap<string, string>
  readonly key: SnapshotKey | undefined
  /** Records before that one were dealt with by an earlier run. */
  readonly from: number
}

async function bringIn(parts: ImportParts, run: ImportRun, bringing: Bringing): Promise<void> {
  const { plan, known, homes, key, from } = bringing
  const { lease, wish, path, signal } = run
  const total = plan.sections.reduce((sum, { standing }) => sum + standing.records, 0)
  // Only a dry run has to be told: a real one finds what was made.
  const promises = new Map<string, Set<string>>()

  async function page({ section: at, first, place, records }: Page): Promise<void> {
    signal.throwIfAborted()
    const section = plan.sections[at]
    const contributor = section?.contributor
    if (!section || !contributor) throw new Error('a page of a section nobody takes')
    const { name, organization } = section.standing
    const promised = wish.isDryRun
      ? [...foundations(name, known)].flatMap((one) => [
          ...(promises.get(`${one} ${organization}`) ?? []),
        ])
      : []
    const contributions = await contribute(contributor, run, {
      importId: lease.id,
      contributor: name,
      major: section.major,
      minor: section.minor,
      organizationId: homes.get(organization) ?? '',
      first,
      records: [...records],
      isDryRun: wish.isDryRun,
      overwritesExisting: wish.overwritesExisting,
      targetSiteId: wish.targetSiteId,
      targetNodeId: wish.targetNodeId,
      promised: promised.slice(0, maxPromised),
    })
    if (contributions.length !== records.length) {
      throw new Error(`${name} said ${contributions.length} of ${records.length} records`)
    }
    const kept = promises.get(`${name} ${organization}`) ?? new Set<string>()
    promises.set(`${name} ${organization}`, kept)
    const outcomes = contributions.map((one, offset): RecordOutcome => {
      if (one.promise) kept.add(one.promise)
      return {
        place: place + offset,
        section: name,
        organization,
        record: first + offset,
        name: storable(one.name ?? '', 128),
        outcome:
          one.outcome === 'skipped' && one.code === 'backup.unchanged'
            ? 'unchanged'
            : (one.outcome ?? 'refused'),
        code: one.code ?? '',
        detail: storable(one.detail ?? '', 1_000),
      }
    })
    const done = place + records.length
    const progress = 10 + Math.floor((85 * done) / Math.max(1, total))
    await own(notePage(parts.postgres, lease, outcomes, { records: done, progress }))
  }

  const wanted = plan.sections.map(({ standing }) => standing.status === 'ok')
  const ask = { path, limits: parts.limits, key, wanted, from }
  await parts.work.run('snapshot.read', ask, { signal, answers: { page } })
}

type ContributeWish = Parameters<KnownContributor['client']['contribute']>[0]

const speaksFor = (accessToken: string | undefined) =>
  accessToken === undefined ? {} : { accessToken }

/** Again while the service is away: the same page twice changes nothing twice. */
async function contribute(
  { client }: KnownContributor,
  { accessToken, correlationId, signal, lease }: ImportRun,
  wish: ContributeWish,
) {
  for (let attempt = 1; ; attempt++) {
    try {
      const reason = `import ${lease.id}`
      const who = { ...speaksFor(accessToken), correlationId, reason }
      const options = { ...who, signal, timeoutMs: contributeMs }
      return (await client.contribute(wish, options)).contributions
    } catch (error) {
      const isPassing = error instanceof DomainError && error.kind === 'unavailable'
      if (!isPassing || attempt === attempts) throw error
      await delay(firstDelayMs * 2 ** (attempt - 1), undefined, { signal })
    }
  }
}

/** Postgres takes no NUL; the rest of what a hostile name holds was refused before. */
const storable = (text: string, maxLength: number): string =>
  text.replaceAll('\0', '\ufffd').slice(0, maxLength)

/** Never changes: the same import says the same once. */
const importNamespace = '6f8a2f0c-3f43-5e7b-9a86-0c4f6f1f7d52'

/** What was brought in, for the log: one event for each organization. */
async function record(
  { log, postgres }: ImportParts,
  { lease, actor, correlationId, signal }: ImportRun,
  done: {
    readonly inspected: Inspected
    readonly plan: ImportPlan
    readonly homes: ReadonlyMap<string, string>
  },
): Promise<void> {
  const { inspected, plan, homes } = done
  const counts = await sectionCounts(postgres, lease.id)
  const row = await importRow(postgres, lease.id)
  for (const { name } of plan.targets) {
    const organizationId = homes.get(name) ?? ''
    const ofIt = counts.filter((one) => one.organization === name)
    const sum = (of: (one: (typeof ofIt)[number]) => number): number =>
      ofIt.reduce((total, one) => total + of(one), 0)
    const id = uuidV5(importNamespace, `${lease.id}\n${organizationId}`)
    const facts = {
      organizationId,
      backupId: inspected.header.backupId,
      sha256: new Uint8Array(Buffer.from(inspected.sha256, 'hex')),
      created: sum((one) => one.created),
      updated: sum((one) => one.updated),
      skipped: sum((one) => one.skipped + one.unchanged),
      refused: sum((one) => one.refused),
      rollbackSequence: row?.rollbackSequence ?? 0n,
    }
    await log.execute(
      imports,
      id,
      { type: 'RecordImport', facts },
      {
        commandId: newId<CommandId>(),
        isKeyed: false,
        organizationId,
        actor,
        correlationId,
        signal,
        reason: `import ${lease.id}`,
      },
    )
  }
}
