import {
  generateRootKey,
  loadRootKey,
  parseShard,
  type RootKey,
  rootKeyFingerprint,
  splitRootKey,
} from '@holdfast/crypto'
import { uuidV5 } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { RotationNotPrepared, ShardsTold } from '../domain/errors.ts'
import type { RootKeyHistory, ShardSet } from '../domain/root-key.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { RootKeySource } from '../keys/root-key-source.ts'
import { rootKeys } from './aggregates.ts'
import { alreadyDone } from './already-done.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import { ownContext } from './own-context.ts'

/** What touches the files of the key store as a whole, one after the other. */
export const keyFilesLock = 'key files'

export interface Split {
  readonly set: ShardSet
  readonly shards: readonly string[]
}

export interface Rotated {
  readonly oldFingerprint: string
  readonly newFingerprint: string
  readonly keys: number
  /** Of the new root key, to keep before it is rotated to. */
  readonly split?: Split
  readonly sequence?: bigint
}

export interface Counts {
  readonly shares: number
  readonly threshold: number
}

export interface RootKeyCommands {
  /** Throws `auth.shards_told` when asked again by the same command. */
  split(counts: Counts, context: CommandContext): Promise<Split & { readonly sequence: bigint }>
  /** Where the root key is kept nowhere: the next one, as shards. Changes nothing. */
  prepare(counts: Counts): Promise<Rotated>
  rotate(context: CommandContext, setId?: string): Promise<Rotated>
  /** `organizationId` empty: every data key. */
  rotateDataKeys(
    organizationId: string,
    context: CommandContext,
  ): Promise<{ readonly keys: number; readonly sequence: bigint }>
  history(signal?: AbortSignal): Promise<RootKeyHistory>
  /** Records a rotation that a crash completed before it could be told. */
  recordCompleted(): Promise<void>
}

export interface RootKeyParts {
  readonly log: EventLog
  readonly keyStore: KeyStore
  readonly source: Pick<RootKeySource, 'keptAs' | 'next'>
  readonly locks: OneAtATime
  /** What is sealed from now on is to be sealed with the new keys. */
  readonly onDataKeys: () => Promise<void>
  readonly now: () => number
}

const preparedMs = 15 * 60_000
const width = 8

export function rootKeyCommands(parts: RootKeyParts): RootKeyCommands {
  const { log, keyStore, source, locks, onDataKeys, now } = parts
  const id = uuidV5(log.lineageId, 'auth.root_key')
  /** In memory only: a root key that is kept nowhere is lost with this process. */
  let prepared:
    | { readonly key: RootKey; readonly set: ShardSet; readonly until: number }
    | undefined

  const history = async (signal?: AbortSignal) => (await log.fold(rootKeys, id, signal)).state

  async function shardsOf(key: RootKey, counts: Counts): Promise<Split> {
    const madeAt = new Date(Math.floor(now() / 1000) * 1000)
    const shards = await splitRootKey(key, counts, madeAt)
    const { setId, shares, threshold, rootKeyFingerprint: of } = parseShard(shards[0] ?? '', 1)
    const madeAtUnixMs = madeAt.getTime()
    return { set: { setId, shares, threshold, rootKeyFingerprint: of, madeAtUnixMs }, shards }
  }

  async function record(
    from: RootKey,
    to: RootKey,
    shards: ShardSet | undefined,
    context: CommandContext,
  ): Promise<bigint> {
    const outcome = await log.execute(
      rootKeys,
      id,
      {
        type: 'RecordRotation',
        oldFingerprint: rootKeyFingerprint(from),
        newFingerprint: rootKeyFingerprint(to),
        shards,
      },
      context,
    )
    return outcome.sequence
  }

  return {
    history,

    async split(counts, context) {
      const split = await shardsOf(keyStore.rootKeys().present, counts)
      // Told to the log before anybody is told the shards: there are none the trail does not know of.
      const command = { type: 'RecordSplit', ...split.set } as const
      const { events, sequence } = await log.execute(rootKeys, id, command, context)
      const [made] = events
      if (made?.type !== 'RootKeySplit' || made.setId !== split.set.setId) throw ShardsTold({})
      return { ...split, sequence }
    },

    async prepare(counts) {
      const text = generateRootKey()
      const key = loadRootKey({ reveal: () => text })
      const split = await shardsOf(key, counts)
      prepared = { key, set: split.set, until: now() + preparedMs }
      return {
        oldFingerprint: rootKeyFingerprint(keyStore.rootKeys().present),
        newFingerprint: split.set.rootKeyFingerprint,
        keys: 0,
        split,
      }
    },

    async rotate(context, setId) {
      const earlier = await alreadyDone(log, rootKeys, id, context)
      const [done] = earlier?.events ?? []
      if (earlier && done?.type === 'RootKeyRotated')
        return { ...done, keys: 0, sequence: earlier.sequence }
      return await locks.run([keyFilesLock], async () => {
        const from = keyStore.rootKeys().present
        const taken = setId === undefined ? undefined : prepared
        if (setId !== undefined && (taken?.set.setId !== setId || taken.until < now()))
          throw RotationNotPrepared({ set: setId })
        const to = taken?.key ?? source.next()
        const oldFingerprint = rootKeyFingerprint(from)
        const newFingerprint = rootKeyFingerprint(to)
        const isNew = newFingerprint !== oldFingerprint
        const keys = isNew ? await keyStore.rotateRootKey(to) : 0
        prepared = undefined
        const sequence = isNew ? await record(from, to, taken?.set, context) : undefined
        return {
          oldFingerprint,
          newFingerprint,
          keys,
          ...(sequence === undefined ? {} : { sequence }),
        }
      })
    },

    async rotateDataKeys(organizationId, context) {
      const earlier = await alreadyDone(log, rootKeys, id, context)
      const [done] = earlier?.events ?? []
      if (earlier && done?.type === 'DataKeysRotated')
        return { keys: done.keys, sequence: earlier.sequence }
      return await locks.run([keyFilesLock], async () => {
        const all = await keyStore.owners()
        const meant = all.filter(({ owner }) => organizationId === '' || owner === organizationId)
        for (let at = 0; at < meant.length; at += width)
          await Promise.all(
            meant.slice(at, at + width).map(async ({ owner, kind }) => {
              // Forgotten since they were listed.
              if (!keyStore.isDestroyed(owner, kind)) await keyStore.renew(owner, kind)
            }),
          )
        await onDataKeys()
        const command = { type: 'RecordDataKeys', organizationId, keys: meant.length } as const
        const { sequence } = await log.execute(rootKeys, id, command, context)
        return { keys: meant.length, sequence }
      })
    },

    async recordCompleted() {
      const { present, former } = keyStore.rootKeys()
      const [from] = former
      if (!from || keyStore.isRotating()) return
      if ((await history()).fingerprint === rootKeyFingerprint(present)) return
      await record(from, present, undefined, ownContext())
    },
  }
}
