import { invalid } from '@holdfast/errors'
import type { Commit, EventLog } from '@holdfast/event-log'
import { hashBytes, signManifest, verifierKey, witnessName } from '@holdfast/merkle'
import { type Postgres, parsePage, sequenceOf, toPage } from '@holdfast/postgres'
import { holdfast, type ProofService } from '@holdfast/proto'
import type { Caller, Handlers } from '@holdfast/service'
import type { AccessTrees } from '../access-tree/access-trees.ts'
import { changeKey, type KeyTools } from '../checkpoints/change-key.ts'
import { checkpointsBelow, withCosignatures } from '../checkpoints/checkpoint-store.ts'
import { chainOf, readKeys } from '../checkpoints/signing-keys.ts'
import { EntryNotFound } from '../domain/errors.ts'
import type { Prover } from '../tree/prover.ts'
import { listWitnesses } from '../witnesses/witness-store.ts'
import { accessProofHandlers } from './access-proof-handlers.ts'
import { checkpointOf, parseSize, printCheckpoint } from './print-checkpoint.ts'
import { readEntries } from './read-entries.ts'

const { Tree } = holdfast.audit.v1
const permission = 'audit.log.read'
const maxPage = 500

export interface ProofParts {
  readonly log: Pick<EventLog, 'read' | 'safe' | 'history' | 'lineageId'>
  readonly postgres: Postgres
  readonly origin: string
  readonly prover: Prover
  readonly keyTools: KeyTools
  readonly access: AccessTrees
  /** Waits for a checkpoint of all that is safe now. */
  readonly sign: (signal: AbortSignal) => Promise<void>
}

export function proofHandlers(parts: ProofParts): Handlers<typeof ProofService> {
  const { log, postgres, origin, prover } = parts

  /** The log's, or that of ACCESS which was asked for. */
  async function treeOf(asked: TreeAsked): Promise<{ origin: string; prover: Prover }> {
    if (asked.tree === Tree.TREE_ACCESS) return await parts.access.tree(asked.epoch)
    if (asked.epoch !== '')
      throw invalid({ field: 'epoch', code: 'unexpected', detail: 'is for ACCESS only' })
    return { origin, prover }
  }

  const checkpoint = (size: bigint, of = origin) => checkpointOf(postgres, of, size)

  async function signingKeys() {
    const keys = await readKeys(log)
    const introduced = chainOf(log.lineageId, keys)?.keys ?? []
    return keys.map(({ publicKey, sinceSequence, rotation }, at) => ({
      verifierKey: introduced[at]?.introduced.text ?? '',
      publicKey,
      sinceSequence: Number(sinceSequence),
      isActive: at === keys.length - 1,
      ...(rotation
        ? { rotationStatement: rotation.statement, rotationSignature: rotation.signature }
        : {}),
    }))
  }

  return {
    ...accessProofHandlers({ postgres, access: parts.access }),

    async signManifest({ sha256 }) {
      if (sha256.length !== hashBytes)
        throw invalid({ field: 'sha256', code: 'out_of_range', detail: 'must be 32 bytes' })
      const { access } = parts
      // In this order, as with tombstones: a key that takes office in between may sign for what was before it.
      const logSize = await access.logSize()
      const { signer } = await access.keysFor(origin)()
      const signedAtUnixMs = access.now()
      return { note: signManifest({ origin, sha256, signedAtUnixMs, logSize }, signer) }
    },

    async getCheckpoint(request) {
      const size = parseSize(request.size, 'size')
      const tree = await treeOf(request)
      return { checkpoint: printCheckpoint(await checkpoint(size, tree.origin)) }
    },

    async listCheckpoints(request) {
      const { limit, cursor } = request
      const { origin } = await treeOf(request)
      const page = parsePage(limit, cursor, maxPage)
      const below = page.after && sequenceOf(page.after)
      const rows = await checkpointsBelow(postgres, origin, below, page.limit + 1)
      const { rows: shown, nextCursor } = toPage(rows, page, ({ size }) => ({
        key: size.toString(),
        id: log.lineageId,
      }))
      const checkpoints = await withCosignatures(postgres, origin, shown)
      return { checkpoints: checkpoints.map(printCheckpoint), nextCursor }
    },

    async signCheckpoint({ tree }, { signal }) {
      if (tree === Tree.TREE_ACCESS) {
        const signed = await parts.access.sign(signal)
        return { checkpoint: printCheckpoint(await checkpoint(0n, signed)) }
      }
      await parts.sign(signal)
      return { checkpoint: printCheckpoint(await checkpoint(0n)) }
    },

    async getEntryProof(request, { caller }) {
      const sequence = parseSize(request.sequence, 'sequence')
      const size = parseSize(request.size, 'size')
      const commit = visible(await entry(sequence), caller, sequence)
      const covering = await checkpoint(size)
      const path = await prover.inclusion(commit, covering)
      return {
        entry: printEntry(commit),
        checkpoint: printCheckpoint(covering),
        path: [...path],
        commit: holdfast.log.v1.Commit.decode(commit.bytes),
      }
    },

    async getConsistencyProof(request) {
      const fromSize = parseSize(request.fromSize, 'from')
      const to = parseSize(request.toSize, 'to')
      const tree = await treeOf(request)
      const { size } = await checkpoint(0n, tree.origin)
      const toSize = to === 0n ? size : to
      if (fromSize > toSize) {
        const detail = `must not be above ${toSize}`
        throw invalid({ field: 'from', code: 'out_of_range', detail })
      }
      const { fromRoot, toRoot, path } = await tree.prover.consistency(fromSize, toSize, size)
      return {
        fromSize: Number(fromSize),
        toSize: Number(toSize),
        fromRoot,
        toRoot,
        path: [...path],
      }
    },

    async readEntries(request, { caller }) {
      // A bundle holds every organization's facts.
      if (caller.organizations('audit.log.export') !== '*')
        throw EntryNotFound({ sequence: String(request.fromSequence) })
      const from = parseSize(request.fromSequence, 'from_sequence')
      const to = parseSize(request.toSequence, 'to_sequence')
      const shown = await shownUpTo()
      const { commits, next } = await readEntries(log, from, to < shown ? to : shown)
      return { entries: commits.map(printEntry), nextSequence: Number(next) }
    },

    async listSigningKeys() {
      return { keys: await signingKeys() }
    },

    async rotateSigningKey(_request, call) {
      const isDone = (await readKeys(log)).some(({ commandId }) => commandId === call.commandId)
      if (!isDone) await changeKey(parts.keyTools, call.command())
      const keys = await signingKeys()
      const at = (await readKeys(log)).findIndex(({ commandId }) => commandId === call.commandId)
      const key = keys[at]
      if (key?.sinceSequence) call.committed(BigInt(key.sinceSequence))
      return { ...(key ? { key } : {}) }
    },

    async listWitnesses(_request, { caller }) {
      const witnesses = await listWitnesses(postgres)
      return {
        witnesses: witnesses
          .filter(({ organizationId }) => caller.can(permission, organizationId))
          .map(({ nodeId, publicKey, size, cosignedAt, refusal, organizationId }) => ({
            nodeId,
            verifierKey: verifierKey(
              witnessName(log.lineageId, nodeId),
              publicKey,
              'cosignature/v1',
            ).text,
            size: Number(size),
            cosignedAtUnixMs: cosignedAt?.getTime() ?? 0,
            refusal,
            organizationId,
          })),
      }
    },
  }

  /** What may be seen: what cannot vanish any more, and what was signed, even while the log is closed. */
  async function shownUpTo(): Promise<bigint> {
    const safe = log.safe.current()
    const size = await prover.size()
    return safe > size ? safe : size
  }

  async function entry(sequence: bigint): Promise<Commit | undefined> {
    return sequence < 1n || sequence > (await shownUpTo()) ? undefined : await log.read(sequence)
  }

  /** Facts of no organization are for those who may read the log of the whole instance. */
  function visible(commit: Commit | undefined, caller: Caller, sequence: bigint): Commit {
    const where = caller.organizations(permission)
    const organizationId = commit?.organizationId ?? ''
    const maySee = where === '*' || where.some((id) => id === organizationId)
    if (!commit || !maySee) throw EntryNotFound({ sequence: sequence.toString() })
    return commit
  }
}

const printEntry = ({ sequence, subject, commitId, bytes }: Commit) => ({
  sequence: Number(sequence),
  subject,
  messageId: commitId,
  payload: bytes,
})

interface TreeAsked {
  readonly tree: holdfast.audit.v1.Tree
  readonly epoch: string
}
