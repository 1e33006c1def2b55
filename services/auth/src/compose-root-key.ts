import { type DataKey, rootKeyFingerprint } from '@holdfast/crypto'
import { uuidV5 } from '@holdfast/domain'
import { accessKeyKind } from '@holdfast/event-log'
import { RootKeyService, SealService } from '@holdfast/proto'
import type { App, ServiceSpec } from '@holdfast/service'
import { Gauge } from '@holdfast/telemetry'
import { rootKeys } from './commands/aggregates.ts'
import type { OneAtATime } from './commands/one-at-a-time.ts'
import { ownContext } from './commands/own-context.ts'
import type { ProvePassword } from './commands/prove-password.ts'
import { rootKeyCommands } from './commands/rotate-keys.ts'
import { rootKeyHandlers, shardWarnings } from './grpc/root-key-handlers.ts'
import type { KeyStore } from './keys/key-store.ts'
import type { RootKeySource } from './keys/root-key-source.ts'
import { type Opened, openSeal } from './seal/wait-unsealed.ts'

export interface RootKeyComposition {
  /** What a crash, or a log that took no changes, left to be told. */
  readonly chores: () => Promise<void>
}

/** What is done with the root key, and what is told of it. */
export function composeRootKey(
  app: App<ServiceSpec>,
  parts: {
    readonly keyStore: KeyStore
    readonly source: Pick<RootKeySource, 'keptAs' | 'next'>
    /** How the instance was unsealed at this start. */
    readonly unsealed: Opened | undefined
    readonly locks: OneAtATime
    readonly provePassword: ProvePassword
    /** Of ACCESS: they seal with the keys they were told. */
    readonly sources: { useKeys(keys: readonly DataKey[]): void }
    readonly now: () => number
  },
): RootKeyComposition {
  const { log, telemetry } = app
  const { keyStore, source, locks, provePassword, sources } = parts
  const commands = rootKeyCommands({
    log,
    keyStore,
    source,
    locks,
    now: parts.now,
    onDataKeys: async () => sources.useKeys(await keyStore.dataKeys(log.lineageId, accessKeyKind)),
  })
  app.serve(
    RootKeyService,
    rootKeyHandlers({ commands, keyStore, keptAs: source.keptAs, provePassword }),
  )
  app.serve(SealService, openSeal)

  const warnings = new Gauge({
    name: 'holdfast_root_key_warning',
    help: 'What stands in the way of restoring the root key: shards_missing is 1 until shards of the present one were made.',
    labelNames: ['code'],
    registers: [telemetry.registry],
  })

  let unsealed = parts.unsealed
  return {
    async chores() {
      const present = rootKeyFingerprint(keyStore.rootKeys().present)
      const { shards } = await commands.history()
      warnings.set({ code: 'shards_missing' }, shardWarnings(shards, present).length)
      if (!log.status().isWritable) return
      await commands.recordCompleted()
      if (!unsealed) return
      const { setId, shards: numbers, refused, refusedCodes } = unsealed
      await log.execute(
        rootKeys,
        uuidV5(log.lineageId, 'auth.root_key'),
        {
          type: 'RecordUnsealing',
          setId,
          rootKeyFingerprint: present,
          shards: numbers,
          refused,
          refusedCodes,
        },
        ownContext(),
      )
      unsealed = undefined
    },
  }
}
