import { joinShards, parseShard, rootKeyFingerprint } from '@holdfast/crypto'
import { invalid } from '@holdfast/errors'
import type { RootKeyService } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import type { ProvePassword } from '../commands/prove-password.ts'
import type { Counts, RootKeyCommands, Split } from '../commands/rotate-keys.ts'
import { SessionRequired } from '../domain/errors.ts'
import type { ShardSet } from '../domain/root-key.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { KeptAs } from '../keys/root-key-source.ts'
import { organizationId, parseFields, password } from './parse.ts'
import { requireEverywhere } from './scope.ts'

export interface RootKeyHandlerParts {
  readonly commands: RootKeyCommands
  readonly keyStore: KeyStore
  readonly keptAs: KeptAs
  readonly provePassword: ProvePassword
}

const usual: Counts = { shares: 3, threshold: 2 }
const maxShards = 16

export function rootKeyHandlers(parts: RootKeyHandlerParts): Handlers<typeof RootKeyService> {
  const { commands, keyStore, keptAs, provePassword } = parts
  const present = () => rootKeyFingerprint(keyStore.rootKeys().present)

  /** Whoever stole a session or found a terminal open is not to take the root key along. */
  async function confirm(call: Call, text: string): Promise<void> {
    const { userId, sessionId } = call.caller
    if (!userId || !sessionId) throw SessionRequired({})
    const fields = parseFields({ password: password(text) })
    await provePassword({ userId, sessionId }, fields.password, call.signal)
  }

  return {
    async getRootKey(_request, call) {
      requireEverywhere(call.caller, 'operator.warnings')
      const { shards } = await commands.history(call.signal)
      const isOfPresent = shards?.rootKeyFingerprint === present()
      return {
        rootKey: {
          fingerprint: present(),
          formerFingerprints: keyStore.rootKeys().former.map(rootKeyFingerprint),
          keptAs,
          isRotating: keyStore.isRotating(),
          ...(shards && isOfPresent ? { shards: printSet(shards) } : {}),
        },
      }
    },

    async splitRootKey(request, call) {
      requireEverywhere(call.caller, 'operator.recover')
      const counts = countsOf(request)
      await confirm(call, request.password)
      const { sequence, ...split } = await commands.split(counts, call.command())
      call.committed(sequence)
      return printSplit(split)
    },

    async proveShards({ shards }, call) {
      requireEverywhere(call.caller, 'operator.restore')
      if (shards.length === 0 || shards.length > maxShards)
        throw invalid({
          field: 'shards',
          code: 'count',
          detail: `must be 1 to ${maxShards} shards`,
        })
      await joinShards(shards, present())
      return { rootKeyFingerprint: present(), setId: parseShard(shards[0] ?? '', 1).setId }
    },

    async rotateRootKey(request, call) {
      requireEverywhere(call.caller, 'operator.rotate')
      const counts = countsOf(request)
      await confirm(call, request.password)
      const isPreparing = keptAs === 'shards' && request.setId === ''
      const setId = keptAs === 'shards' ? request.setId : undefined
      const { split, sequence, ...rotated } = isPreparing
        ? await commands.prepare(counts)
        : await commands.rotate(call.command(), setId)
      if (sequence !== undefined) call.committed(sequence)
      return { ...rotated, keptAs, ...(split ? printSplit(split) : {}) }
    },

    async rotateDataKeys(request, call) {
      requireEverywhere(call.caller, 'operator.rotate')
      const id =
        request.organizationId === ''
          ? ''
          : parseFields({ organization_id: organizationId(request.organizationId) }).organization_id
      const { keys, sequence } = await commands.rotateDataKeys(id, call.command())
      call.committed(sequence)
      return { keys }
    },

    async listRootKeyWarnings(_request, call) {
      requireEverywhere(call.caller, 'operator.warnings')
      const { shards } = await commands.history(call.signal)
      return { warnings: shardWarnings(shards, present()) }
    },
  }
}

/** The most common mistake: to keep every backup, and never the key. */
export function shardWarnings(shards: ShardSet | undefined, present: string) {
  if (shards?.rootKeyFingerprint === present) return []
  return [
    {
      code: 'shards_missing',
      detail: shards
        ? `The root key was rotated and no shards of the present one (${present}) have been made: those of ${shards.rootKeyFingerprint} do not restore it.`
        : `No shards of the root key (${present}) have been made: when this machine is lost, nothing but a recovery recipient opens its backups.`,
      remedy: 'holdfast operator recover',
    },
  ]
}

function countsOf(request: { readonly shares: number; readonly threshold: number }): Counts {
  const shares = request.shares || usual.shares
  const threshold = request.threshold || usual.threshold
  const faults = [
    ...(shares < 2 || shares > maxShards
      ? [{ field: 'shares', code: 'range', detail: `must be 2 to ${maxShards}` }]
      : []),
    ...(threshold < 2 || threshold > shares
      ? [{ field: 'threshold', code: 'range', detail: 'must be 2 to the number of shares' }]
      : []),
  ]
  if (faults.length > 0) throw invalid(...faults)
  return { shares, threshold }
}

const printSet = (set: ShardSet) => ({ ...set })
const printSplit = ({ set, shards }: Split) => ({ set: printSet(set), shards: [...shards] })
