import { type EventLog, subjectOf } from '@holdfast/event-log'
import {
  followRotations,
  formatOrigin,
  type KeyChain,
  type Rotation,
  signer,
  verifierKey,
} from '@holdfast/merkle'
import { signingKeyCodec } from '../codecs/signing-key-codec.ts'
import { signingKeyId, signingKeys } from '../commands/aggregates.ts'
import { SigningKeyMissing } from '../domain/errors.ts'
import type { SigningKeyEvent } from '../domain/signing-key.ts'
import type { KeyFiles } from './key-files.ts'
import type { KeysNow } from './sign-checkpoint.ts'

/** A key as the log has it. */
export interface LogKey {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Of the commit that brought it. */
  readonly sinceSequence: bigint
  /** Generation of the log at that commit. */
  readonly generation: number
  readonly commandId: string
  /** How the key before it vouches for it; undefined for the first. */
  readonly rotation: Rotation | undefined
}

/** `evt.audit.signing_key.<id>` of a lineage. */
export const signingKeySubject = (lineageId: string): string =>
  subjectOf(signingKeys.context, signingKeys.type, signingKeyId(lineageId))

/** All there were, oldest first; none before the first start. Also while the log takes no writes. */
export async function readKeys(
  log: Pick<EventLog, 'history' | 'lineageId'>,
): Promise<readonly LogKey[]> {
  const keys: LogKey[] = []
  for await (const { events, sequence, generation, commandId } of log.history(
    signingKeySubject(log.lineageId),
  )) {
    for (const stored of events) {
      const event = signingKeyCodec.decode(stored)
      keys.push({ ...keyIn(event), sinceSequence: sequence, generation, commandId })
    }
  }
  return keys
}

const keyIn = (event: SigningKeyEvent): Pick<LogKey, 'publicKey' | 'rotation'> =>
  event.type === 'SigningKeyIntroduced'
    ? { publicKey: event.publicKey, rotation: undefined }
    : {
        publicKey: event.newPublicKey,
        rotation: { statement: event.statement, signature: event.signature },
      }

export const rotationsOf = (keys: readonly LogKey[]): readonly Rotation[] =>
  keys.flatMap(({ rotation }) => rotation ?? [])

/**
 * What the keys vouch for. Undefined before the first. Throws when a key does not follow from the one before: then
 * somebody wrote to the log who is not us.
 */
export function chainOf(lineageId: string, keys: readonly LogKey[]): KeyChain | undefined {
  const [first] = keys
  if (!first) return undefined
  const origin = formatOrigin({ lineageId, generation: first.generation })
  return followRotations(verifierKey(origin, first.publicKey), rotationsOf(keys))
}

/** The key in office, private half and all; read again when the log has another. */
export function keysInOffice(options: {
  readonly log: Pick<EventLog, 'fold' | 'history' | 'lineageId'>
  readonly keyFiles: KeyFiles
  readonly origin: string
}): () => Promise<KeysNow> {
  const { log, keyFiles, origin } = options
  let kept: KeysNow | undefined
  return async () => {
    const { state } = await log.fold(signingKeys, signingKeyId(log.lineageId))
    const { active } = state
    if (!active) throw SigningKeyMissing({})
    if (kept && Buffer.compare(kept.signer.key.publicKey, active) === 0) return kept
    const chain = chainOf(log.lineageId, await readKeys(log))
    const privateKey = await keyFiles.find(active)
    if (!chain || !privateKey) throw SigningKeyMissing({})
    kept = { chain, signer: signer(origin, privateKey) }
    privateKey.fill(0)
    return kept
  }
}
