import {
  addSignatures,
  cosignText,
  FormatError,
  followRotations,
  formatOrigin,
  openCheckpoint,
  presentKey,
  type Rotation,
  type Signer,
  TrustError,
  verifyConsistency,
} from '@holdfast/merkle'
import type { WitnessView } from './view.ts'

/** A checkpoint, and why it follows from what a witness saw last. */
export interface Challenge {
  /** Signed note. */
  readonly note: string
  /** Where the proof begins. */
  readonly fromSize: bigint
  readonly path: readonly Uint8Array[]
  readonly rotations: readonly Rotation[]
  /** For a node that has pinned none. */
  readonly logKey: string
}

export type Judgement =
  /** It follows: `view` is what to remember before it is told. */
  | { readonly type: 'cosigned'; readonly view: WitnessView }
  /** It contradicts what was seen; `note` is the evidence. */
  | { readonly type: 'refused'; readonly view: WitnessView; readonly note: string }
  /** Nothing learned: older, or proven from another place than ours. */
  | { readonly type: 'passed_over'; readonly reason: string }

export interface LogPin {
  readonly lineageId: string
  readonly generation: number
}

/**
 * What a witness makes of a checkpoint: https://c2sp.org/tlog-witness, "add-checkpoint". `nowSeconds` is Unix time. A
 * checkpoint nobody known signed proves nothing and is passed over; one the log signed and that contradicts what was
 * seen is evidence.
 */
export function judge(
  view: WitnessView,
  challenge: Challenge,
  pin: LogPin,
  signer: Signer,
  nowSeconds: bigint,
): Judgement {
  const passedOver = (reason: string): Judgement => ({ type: 'passed_over', reason })
  const { note, fromSize, path, rotations } = challenge
  const logKey = view.logKey || challenge.logKey
  let signed: ReturnType<typeof openCheckpoint>
  let newestKey: string
  try {
    const chain = followRotations(logKey, rotations)
    signed = openCheckpoint(note, chain)
    newestKey = presentKey(chain).introduced.text
  } catch (error) {
    if (error instanceof FormatError || error instanceof TrustError)
      return passedOver(error.message)
    throw error
  }
  if (signed.origin !== formatOrigin(pin))
    return passedOver(`it is a checkpoint of ${signed.origin}`)

  const refused = (reason: string): Judgement => ({
    type: 'refused',
    view: { ...view, refusal: reason },
    note,
  })
  const { size, root } = signed
  if (size < view.size) return passedOver(`it ends at ${size}, before what was seen already`)
  const isSame = Buffer.from(root).equals(view.root)
  if (size === view.size) {
    if (!isSame) return refused(`the log signed two histories of ${size} commits`)
    if (view.refusal === '') return passedOver('it was cosigned already')
  } else if (view.size > 0n) {
    if (fromSize !== view.size) return passedOver(`the proof begins at ${fromSize}`)
    const from = { fromSize, fromRoot: view.root, toSize: size, toRoot: root, path }
    if (!verifyConsistency(from)) {
      return refused(`the log of ${size} commits does not begin with the ${view.size} seen before`)
    }
  }
  const cosignature = cosignText(signed.note.text, signer, nowSeconds)
  return {
    type: 'cosigned',
    // Who was led to a key goes on from there: a handover it has seen cannot be kept from it later.
    view: {
      ...view,
      logKey: newestKey,
      size,
      root,
      note: addSignatures(note, cosignature),
      refusal: '',
    },
  }
}
