import { uuidFromBytes } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { AccessStored } from '@holdfast/event-log/admin'
import { hashBytes, signTombstone, TreeHead, tileWidth } from '@holdfast/merkle'
import type { Postgres } from '@holdfast/postgres'
import { holdfast, type ProofService } from '@holdfast/proto'
import type { Caller, Handlers } from '@holdfast/service'
import type { AccessTrees } from '../access-tree/access-trees.ts'
import { type Epoch, epochHolding, listEpochs, nameOf } from '../access-tree/epoch-store.ts'
import { lastCheckpoint, withCosignatures } from '../checkpoints/checkpoint-store.ts'
import {
  AccessRecordGone,
  AccessRecordNotFound,
  CheckpointNotFound,
  TombstoneRefused,
} from '../domain/errors.ts'
import { tilesIn } from '../tree/tile-store.ts'
import { sameBytes } from '../tree/tree-position.ts'
import { checkpointOf, parseSize, printCheckpoint } from './print-checkpoint.ts'

const permission = 'audit.log.read'
const { AccessRecord } = holdfast.access.v1
const { TombstoneReason } = holdfast.audit.v1
/** 2 MiB of hashes in one answer. */
const maxDropped = 65_536n

type Handler = Pick<
  Handlers<typeof ProofService>,
  'getAccessProof' | 'listAccessEpochs' | 'signAccessTombstone'
>

export function accessProofHandlers(options: {
  readonly postgres: Postgres
  readonly access: AccessTrees
}): Handler {
  const { postgres, access } = options

  /** That of the tree, with the record as it is stored, when it is still. */
  async function holding(sequence: bigint, name: string, caller: Caller) {
    const notFound = () => AccessRecordNotFound({ sequence: sequence.toString() })
    const epoch = name === '' ? await epochHolding(postgres, sequence) : await access.epoch(name)
    const isIn = epoch && sequence >= epoch.first && sequence < epoch.first + epoch.size
    if (!isIn) throw notFound()
    const mayAll = caller.organizations(permission) === '*'
    const record = (await isStill(epoch)) ? await access.reader.record(sequence) : undefined
    if (!record) throw mayAll ? AccessRecordGone({ sequence: sequence.toString() }) : notFound()
    if (!maySee(record, caller)) throw notFound()
    return { epoch, record }
  }

  /** A stream that was made anew counts from 1 again: its records are others'. */
  const isStill = async ({ streamCreated }: Epoch): Promise<boolean> =>
    (await access.reader.state()).created === streamCreated

  /** Whether the stream still has any of these, as the tree has them. */
  async function hasSome(epoch: Epoch, first: bigint, last: bigint): Promise<boolean> {
    const { ended, streamCreated } = epoch
    if (ended && first > ended.keptTo) return false
    const stream = await access.reader.state()
    return stream.created === streamCreated && stream.first <= last
  }

  return {
    async getAccessProof(request, { caller }) {
      const sequence = parseSize(request.sequence, 'sequence')
      const size = parseSize(request.size, 'size')
      const { epoch, record } = await holding(sequence, request.epoch, caller)
      const covering = await checkpointOf(postgres, epoch.origin, size)
      const { subject, messageId, payload } = record
      const leaf = { sequence, subject, commitId: messageId, bytes: payload }
      const path = await access.proverOf(epoch).inclusion(leaf, covering)
      return {
        entry: { sequence: Number(sequence), subject, messageId, payload },
        checkpoint: printCheckpoint(covering),
        path: [...path],
        firstSequence: Number(epoch.first),
        epoch: nameOf(epoch),
      }
    },

    async listAccessEpochs() {
      const epochs = []
      for (const epoch of await listEpochs(postgres)) {
        const { origin, first, size, ended } = epoch
        const last = await lastCheckpoint(postgres, origin)
        const [checkpoint] = last ? await withCosignatures(postgres, origin, [last]) : []
        epochs.push({
          epoch: nameOf(epoch),
          firstSequence: Number(first),
          size: Number(size),
          ...(checkpoint ? { checkpoint: printCheckpoint(checkpoint) } : {}),
          endedBecause: ended?.because ?? '',
          endedAtUnixMs: ended?.at.getTime() ?? 0,
          keptToSequence: Number(ended?.keptTo ?? 0n),
        })
      }
      return { epochs }
    },

    async signAccessTombstone(request) {
      const first = parseSize(request.firstSequence, 'first_sequence')
      const last = parseSize(request.lastSequence, 'last_sequence')
      const epoch = await access.epoch(request.epoch)
      const refuse = (reason: string) =>
        TombstoneRefused({ first: String(first), last: String(last), reason })
      if (first < epoch.first || last < first || last - first >= maxDropped)
        throw invalid({ field: 'last_sequence', code: 'out_of_range', detail: 'is no such range' })
      const signed = await lastCheckpoint(postgres, epoch.origin)
      if (!signed) throw CheckpointNotFound({ size: '0' })
      if (last >= epoch.first + signed.size) throw refuse('no checkpoint covers them')

      const reason = reasonOf(request.reason)
      const { newestAtUnixMs } = request
      if (reason === 'expired') {
        const { retentionMs, now } = access
        if (retentionMs === 0) throw refuse('records are kept without end')
        if (newestAtUnixMs === 0 || newestAtUnixMs > now() - retentionMs)
          throw refuse('the newest of them is not that old')
      } else if (await hasSome(epoch, first, last)) {
        throw refuse('the stream still has some of them')
      }
      const leaves = await leavesOf(postgres, epoch, first, last)
      const root = rootOfLeaves(leaves)
      const isKnown = request.root.length > 0
      if (isKnown ? !sameBytes(root, request.root) : reason === 'expired')
        throw refuse('their leaves are not those of the tree')
      // In this order: a key that takes office in between may sign for what was before it, not the other way round.
      const logSize = await access.logSize()
      const { signer } = await access.keysFor(epoch.origin)()
      const note = signTombstone(
        {
          origin: epoch.origin,
          first,
          last,
          root,
          droppedAtUnixMs: access.now(),
          newestAtUnixMs,
          reason,
          logSize,
        },
        signer,
      )
      return { note, leaves }
    },
  }
}

function maySee({ payload }: AccessStored, caller: Caller): boolean {
  const where = caller.organizations(permission)
  if (where === '*') return true
  const { organizationId } = AccessRecord.decode(payload)
  return organizationId.length === 16 && where.some((id) => id === uuidFromBytes(organizationId))
}

function reasonOf(reason: holdfast.audit.v1.TombstoneReason): 'expired' | 'never_archived' {
  if (reason === TombstoneReason.TOMBSTONE_REASON_EXPIRED) return 'expired'
  if (reason === TombstoneReason.TOMBSTONE_REASON_NEVER_ARCHIVED) return 'never_archived'
  throw invalid({ field: 'reason', code: 'required', detail: 'must be one of the reasons' })
}

/** The hashes one after the other. */
async function leavesOf(
  postgres: Postgres,
  { begun, first: leafZero, size }: Epoch,
  first: bigint,
  last: bigint,
): Promise<Uint8Array> {
  const read = tilesIn(postgres, { epoch: begun })
  const width = BigInt(tileWidth)
  const [from, to] = [first - leafZero, last - leafZero]
  const wanted: Promise<Uint8Array>[] = []
  for (let tile = from / width; tile <= to / width; tile += 1n) {
    const left = size - tile * width
    wanted.push(read(0, tile, left < width ? Number(left) : tileWidth))
  }
  const all = Buffer.concat(await Promise.all(wanted))
  const skip = Number(from % width) * hashBytes
  return new Uint8Array(all.subarray(skip, skip + Number(last - first + 1n) * hashBytes))
}

function rootOfLeaves(leaves: Uint8Array): Uint8Array {
  const head = TreeHead.empty()
  for (let at = 0; at < leaves.length; at += hashBytes)
    head.append(leaves.slice(at, at + hashBytes))
  return head.root()
}
