import { generateAgePair } from '@holdfast/crypto'
import { defineError } from '@holdfast/errors'
import type { LogKeeperState } from '@holdfast/log-guard'
import type { KeysetService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import { version } from '@holdfast/telemetry'
import type { Maker } from '../jobs/maker.ts'
import type { Work } from '../work/work.ts'
import type { ConfigPlaces } from './config-files.ts'
import { tablePages } from './table-pages.ts'

export const ArchiveNotReady = defineError(
  'backup.archive_not_ready',
  'unavailable',
  (_d: { reason: string }) =>
    `The archive cannot be backed up now: ${_d.reason}. holdfast operator log status tells more.`,
)

export interface FullMakerParts {
  readonly work: Work
  readonly archiveDir: string
  readonly places: ConfigPlaces
  readonly keysets: Pick<Client<typeof KeysetService>, 'getRecoveryRecipient' | 'exportKeyset'>
  readonly tables: Parameters<typeof tablePages>[0]
  state(): LogKeeperState | undefined
  /** The operator's, in use. */
  recipients(): Promise<readonly string[]>
}

const keysetMs = 60_000

/** Full backups: the archive and all that is needed to build the instance again (docs/formats/hfbak.md). */
export function fullMaker(parts: FullMakerParts): Maker {
  const { work, archiveDir, places, keysets, tables } = parts
  return {
    async make(order, { directory, signal, reached }) {
      const state = parts.state()
      if (!state) throw ArchiveNotReady({ reason: 'it is not open yet' })
      if (state.firstBadSequence > 0n) throw ArchiveNotReady({ reason: 'a part of it is damaged' })
      const operators = await parts.recipients()
      const told = await keysets.getRecoveryRecipient({}, { signal })
      const { recipient: derived, rootKeyFingerprint, formerFingerprints } = told
      // Under a passphrase a key of its own opens everything, so that the passphrase alone is enough.
      const own = order.passphrase === '' ? undefined : generateAgePair()
      const others = own ? [...operators, own.recipient] : operators
      const keyset = await keysets.exportKeyset(
        { recipients: [...others] },
        { signal, timeoutMs: keysetMs },
      )
      const { rootKeyFingerprint: stillOf } = await keysets.getRecoveryRecipient({}, { signal })
      if (stillOf !== rootKeyFingerprint)
        throw ArchiveNotReady({ reason: 'the root key was rotated meanwhile' })
      const pages = tablePages(tables, signal)
      const made = await work.run(
        'full-backup.make',
        {
          directory,
          archive: archiveDir,
          identity: {
            lineageId: state.lineageId,
            generation: state.generation,
            rootKeyFingerprint,
            formerRootKeys: formerFingerprints,
          },
          lastSequence: state.archivedSequence,
          createdAtUnixMs: order.createdAtUnixMs,
          version,
          recipients: [derived, ...others],
          keyset: {
            file: keyset.keyset,
            sha256: keyset.contentSha256,
            destroyedSequence: BigInt(keyset.destroyedSequence),
            keys: Number(keyset.keys),
          },
          rootKey: keyset.rootKey,
          places,
          passphrase: own && { text: order.passphrase, identity: own.identity },
          wrapTo: order.isEncrypted
            ? own
              ? { passphrase: order.passphrase }
              : [derived, ...operators]
            : undefined,
        },
        {
          signal,
          answers: {
            async page() {
              const next = await pages.next()
              return next.done ? undefined : next.value
            },
            step: reached,
          },
        },
      )
      return {
        path: made.path,
        sequence: state.archivedSequence,
        manifest: made.manifest,
        recipients: own ? [] : [derived, ...operators],
      }
    },
  }
}
