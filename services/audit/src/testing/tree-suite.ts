import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newId } from '@holdfast/domain'
import { accessReader } from '@holdfast/event-log/admin'
import { formatOrigin, TreeHead } from '@holdfast/merkle'
import { migrate, sql } from '@holdfast/postgres'
import { openProjections } from '@holdfast/projections'
import { ProofService } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { testNats, testPostgres } from '@holdfast/testkit'
import { vi } from 'vitest'
import type { KeyTools } from '../checkpoints/change-key.ts'
import type { SigningPace } from '../checkpoints/clerk.ts'
import { keyFiles } from '../checkpoints/key-files.ts'
import { signingKeyId } from '../commands/aggregates.ts'
import { composeTree } from '../compose-tree.ts'
import { readModels } from '../projections/read-models.ts'
import { leafOf } from '../tree/leaf-feed.ts'
import { type Facts, facts } from './facts.ts'
import { requests } from './suite.ts'

/** What is older may be given up. */
export const accessRetentionMs = 90 * 86_400_000

const quick: SigningPace = { commits: 256n, everyMs: 300, leastMs: 20, witnessPatienceMs: 0 }

export type Tree = ReturnType<typeof composeTree>

/** The tree half of the service on a real log and a real database; auth is played. */
export async function startTreeSuite(options: { readonly isOwn?: boolean } = {}) {
  const [pg, nats] = await Promise.all([
    testPostgres({ services: ['audit'], ...(options.isOwn ? { isOwn: true } : {}) }),
    testNats(),
  ])
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-tree-'))
  const postgres = pg.open('audit', { max: 10 })
  const [log, network, rules] = await Promise.all([
    nats.open('audit'),
    nats.open('network'),
    nats.open('rules'),
  ])
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'audit' })
  const projections = await openProjections({
    log,
    postgres,
    telemetry: createTelemetry('audit', { level: 'silent' }),
    service: 'audit',
    projections: readModels,
  })
  log.useCommands(projections.commands)
  const dataKey = { id: newId<string>(), key: new Uint8Array(randomBytes(32)), isActive: true }
  const archiveDir = join(directory, 'archive')
  const endedEpochs: { readonly epoch: string; readonly because: string }[] = []
  const checkpointFile = join(directory, 'checkpoint')
  let ahead = 0
  const keyService = { getDataKeys: () => Promise.resolve({ keys: [dataKey] }) }
  const keysDir = join(directory, 'keys')
  const compose = (pace: Partial<SigningPace> = {}): Tree =>
    composeTree({
      log,
      postgres,
      telemetry: createTelemetry('audit', { level: 'silent' }),
      keyService,
      keysDir,
      archiveDir,
      push: { file: checkpointFile, webhook: undefined },
      access: {
        reader: accessReader({
          url: nats.url,
          name: 'audit',
          credentialsFile: nats.identities.credentialsFile('audit'),
        }),
        retentionMs: accessRetentionMs,
        onEnded: (epoch, because) => void endedEpochs.push({ epoch, because }),
      },
      pace: { ...quick, ...pace },
      now: () => Date.now() + ahead,
    })
  let tree = compose()
  tree.start()
  // Its first fact is its key, and comes when it comes.
  await until(() => (tree.status().last?.size ?? 0n) > 0n)
  const suite = {
    pg,
    nats,
    postgres,
    log,
    network,
    projections,
    archiveDir,
    endedEpochs,
    checkpointFile,
    keysDir,
    origin: formatOrigin(log),
    keyTools: {
      log,
      postgres,
      origin: formatOrigin(log),
      keyFiles: keyFiles({
        directory: keysDir,
        lineageId: log.lineageId,
        objectId: signingKeyId(log.lineageId),
        keyService,
      }),
    } satisfies KeyTools,
    facts: facts(network, rules) as Facts,
    get tree(): Tree {
      return tree
    },
    get proofs() {
      return requests(tree.proofs, ProofService)
    },
    /** Moves the clock of the service. */
    advance(ms: number) {
      ahead += ms
    },
    /** Ends the service and starts it again, with something done in between. */
    async restart(between: () => Promise<void> = async () => {}, pace: Partial<SigningPace> = {}) {
      await tree.stop()
      await between()
      tree = compose(pace)
      tree.start()
      await until(() => tree.status().isLeading)
    },
    /** Another instance beside the first. */
    another(): Tree {
      const other = compose()
      other.start()
      return other
    },
    /** Stores facts, several at a time. */
    async grow(count: number): Promise<void> {
      for (let done = 0; done < count; done += 100) {
        const some = Math.min(100, count - done)
        await Promise.all(
          Array.from({ length: some }, () => suite.facts.createRule(newId<string>(), 'x')),
        )
      }
    },
    /** Waits until the tree holds all of the log, and everything is signed. */
    async settled(): Promise<bigint> {
      const head = await log.head()
      await until(() => {
        const { size, last, frozen, isLeading } = tree.status()
        const isDone = size >= head && (last?.size ?? 0n) >= head
        return isDone || `${size} of ${head}, signed ${last?.size}, ${isLeading}, ${frozen}`
      })
      return head
    },
    /** The root of the first `size` commits, made of the log alone. */
    async rootOf(size: bigint): Promise<Uint8Array> {
      const head = TreeHead.empty()
      for (let sequence = 1n; sequence <= size; sequence += 1n) {
        const commit = await log.read(sequence)
        if (!commit) throw new Error(`there is no commit ${sequence}`)
        head.append(leafOf(commit))
      }
      return head.root()
    },
    async checkpoints(): Promise<readonly { size: bigint; note: string }[]> {
      return await postgres.query(sql`select size, note from audit.checkpoints order by size`)
    },
    async close() {
      await tree.stop()
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
      await rm(directory, { recursive: true, force: true })
    },
  }
  return suite
}

export type TreeSuite = Awaited<ReturnType<typeof startTreeSuite>>

/** Waits for a condition, which says true, or how far it is; a busy machine may take long. */
export const until = (
  condition: () => boolean | string | Promise<boolean | string>,
): Promise<void> =>
  vi.waitFor(
    async () => {
      const found = await condition()
      if (found !== true) throw new Error(`it did not come to that: ${found}`)
    },
    { timeout: 60_000, interval: 20 },
  )
