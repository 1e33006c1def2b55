import {
  formatCheckpoint,
  formatSignatureLine,
  hashBytes,
  parseSignatureLine,
  type VerifierKey,
  verifierKey,
  verifyNoteSignature,
  witnessName,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'

/** What a node is proven to say. */
export interface WitnessClaim {
  readonly key: VerifierKey
  /** 0 before it saw anything. */
  readonly size: bigint
  readonly root: Uint8Array
  /** Signature line of the node on that checkpoint; undefined at size 0, and of a node that was led here by a restore and
   * has cosigned nothing of this generation yet: what it says then only tells where a proof for it begins. */
  readonly cosignature: { readonly line: string; readonly timeSeconds: bigint } | undefined
  /** The checkpoint with the log's signature as the node keeps it; undefined when it showed none. */
  readonly note: string | undefined
  /** At most 500 characters; empty when it does not refuse. */
  readonly refusal: string
}

const maxStateBytes = 16 * 1024
const maxRefusalLength = 500

/**
 * Reads what a node said and verifies that it signed it. Undefined for what cannot be read or is not signed. The log's
 * own signature is not looked at here.
 */
export function readWitnessState(
  data: Uint8Array,
  about: { readonly origin: string; readonly lineageId: string; readonly nodeId: string },
): WitnessClaim | undefined {
  if (data.length > maxStateBytes) return undefined
  try {
    const state = holdfast.agent.v1.WitnessState.decode(data)
    const key = verifierKey(
      witnessName(about.lineageId, about.nodeId),
      state.publicKey,
      'cosignature/v1',
    )
    const refusal = printable(state.refusal).slice(0, maxRefusalLength)
    if (!Number.isSafeInteger(state.size) || state.size < 0) return undefined
    const size = BigInt(state.size)
    if (size === 0n || state.cosignature === '') {
      return { key, size, root: new Uint8Array(), cosignature: undefined, note: undefined, refusal }
    }
    const root = new Uint8Array(state.root)
    if (root.length !== hashBytes) return undefined
    const text = formatCheckpoint({ origin: about.origin, size, root })
    const signature = parseSignatureLine(state.cosignature)
    const { timeSeconds } = verifyNoteSignature(text, signature, key)
    const cosignature = { line: formatSignatureLine(signature), timeSeconds: timeSeconds ?? 0n }
    const note =
      state.logSignature === '' ? undefined : `${text}\n${withNewline(state.logSignature)}`
    return { key, size, root, cosignature, note, refusal }
  } catch {
    return undefined // whatever is wrong with it, it says nothing
  }
}

const withNewline = (line: string): string => (line.endsWith('\n') ? line : `${line}\n`)

/** It is shown to people and stands in logs. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Surrogate}]/gu, ' ')
