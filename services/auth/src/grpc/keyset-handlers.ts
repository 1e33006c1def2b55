import { ageSeal, parseRecipient, recoveryIdentity, rootKeyFingerprint } from '@holdfast/crypto'
import { DomainError, invalid } from '@holdfast/errors'
import { keysetDocument, keysetHash, packKeyset, readKeyset } from '@holdfast/full-backup'
import type { KeysetService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import { RotationUnderWay } from '../domain/errors.ts'
import type { StoreRootKeys } from '../keys/store-root-keys.ts'

const maxRecipients = 64

/** The key store for backups: it leaves this process inside age only, and the root key to the operator's recipients alone. */
export function keysetHandlers(options: {
  readonly rootKeys: () => StoreRootKeys
  /** The key store. */
  readonly directory: string
  /** Of the last destruction that has been carried out here. */
  readonly destroyedSequence: () => Promise<bigint>
  /** Runs it while nobody wraps the keys anew. */
  readonly whole: <T>(work: () => Promise<T>) => Promise<T>
  /** Also after a rotation that failed, until the next start completes it. */
  readonly isRotating: () => boolean
}): Handlers<typeof KeysetService> {
  const { rootKeys, directory, destroyedSequence, whole, isRotating } = options
  return {
    async getRecoveryRecipient() {
      const { present, former } = rootKeys()
      return {
        recipient: recoveryIdentity(present).recipient,
        rootKeyFingerprint: rootKeyFingerprint(present),
        formerFingerprints: former.map(rootKeyFingerprint),
      }
    },

    async exportKeyset({ recipients: wanted }) {
      const operators = parseRecipients(wanted)
      return await whole(async () => {
        // Half of it is wrapped by a key that only what is left out here opens.
        if (isRotating()) throw RotationUnderWay({})
        const { present } = rootKeys()
        const { recipient: derived } = recoveryIdentity(present)
        // Before the keys are read: a destruction that is later than this is told by the next export.
        const sequence = await destroyedSequence()
        const keyset = await readKeyset(directory)
        const document = keysetDocument(keyset)
        return {
          keyset: await ageSeal([derived, ...operators], packKeyset(document)),
          rootKey:
            operators.length === 0
              ? new Uint8Array()
              : await ageSeal(operators, Buffer.from(`${present.reveal()}\n`)),
          contentSha256: keysetHash(document),
          destroyedSequence: Number(sequence),
          keys: keyset.files.length,
        }
      })
    },
  }
}

function parseRecipients(texts: readonly string[]): readonly string[] {
  const refuse = (field: string, code: string, detail: string) => invalid({ field, code, detail })
  if (texts.length > maxRecipients) {
    throw refuse('recipients', 'too_many', `At most ${maxRecipients} recipients are taken.`)
  }
  return texts.map((text, at) => {
    try {
      return parseRecipient(text)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      throw refuse(`recipients[${at}]`, 'recipient_invalid', error.message)
    }
  })
}
