import { join } from 'node:path'
import type { EventLog } from '@holdfast/event-log'
import {
  formatOrigin,
  formatSignatureLine,
  parseNote,
  type Signer,
  signer,
  witnessName,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import type { Logger, Registry } from '@holdfast/telemetry'
import { Gauge } from '@holdfast/telemetry'
import { writeDurably } from '../state/durable-file.ts'
import { type Challenge, judge } from './judge.ts'
import { loadView, type Succession, saveView, type WitnessView } from './view.ts'

const { WitnessState, WitnessChallenge } = holdfast.agent.v1

export interface WitnessOptions {
  readonly nodeId: string
  readonly lineageId: string
  readonly generation: number
  /** Ed25519, 32 bytes. */
  readonly privateKey: Uint8Array
  /** From the enrolment; empty when it told none. */
  readonly logKey: string
  /** What the generation began with, when this node was led to it by a restore. */
  readonly since?: Succession | undefined
  readonly dataFolder: string
  readonly registry: Registry
  readonly log: Logger
  /** ms since 1970. */
  readonly now: () => number
}

/** A witness of the log: it remembers the last checkpoint, demands that the next one follows, and cosigns. */
export interface Witness {
  /** Listens to this connection from now on, until the next one. */
  connected(eventLog: EventLog | undefined): void
  /** What it saw last: the key of the log it was led to, and the tree. */
  view(): Pick<WitnessView, 'logKey' | 'size' | 'root'>
  /** For `/ready`. */
  status(): {
    readonly verifier_key: string
    readonly log_verifier_key: string
    readonly pinned_by: string
    readonly size: string
    readonly note: string
    readonly refusal: string
  }
  /** Ends what is under way. */
  stop(): Promise<void>
}

/** So that a control plane that forgot everything hears where it stood. */
const stateEveryMs = 60_000

export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const { nodeId, lineageId, generation, dataFolder, log, now } = options
  const key: Signer = signer(witnessName(lineageId, nodeId), options.privateKey, 'cosignature/v1')
  let view = await loadView(dataFolder, options)
  const refusing = new Gauge({
    name: 'holdfast_witness_refusing',
    help: 'Whether the log showed this node a checkpoint that contradicts what it saw before.',
    registers: [options.registry],
  })
  const size = new Gauge({
    name: 'holdfast_witness_size',
    help: 'Commits covered by the last checkpoint this node cosigned.',
    registers: [options.registry],
  })
  const cosigned = new Gauge({
    name: 'holdfast_witness_cosigned_timestamp_seconds',
    help: 'When this node last cosigned a checkpoint since it was started; 0 before the first.',
    registers: [options.registry],
  })
  const measure = (): void => {
    refusing.set(view.refusal === '' ? 0 : 1)
    size.set(Number(view.size))
  }
  measure()

  let eventLog: EventLog | undefined
  let stopListening = (): void => {}
  const tell = (): void => eventLog?.signal(`tlm.node.${nodeId}.witness`, stateOf(view, key))
  const telling = setInterval(tell, stateEveryMs)
  telling.unref()

  async function take(challenge: Challenge): Promise<void> {
    const seconds = BigInt(Math.floor(now() / 1000))
    const judgement = judge(view, challenge, { lineageId, generation }, key, seconds)
    if (judgement.type === 'passed_over') {
      log.debug({ reason: judgement.reason }, 'a checkpoint was passed over')
    } else {
      if (judgement.type === 'refused') {
        const evidence = join(dataFolder, `witness-evidence-${now()}.note`)
        if (judgement.view.refusal !== view.refusal) {
          await writeDurably(evidence, judgement.note)
          const { refusal: reason } = judgement.view
          log.error({ reason, evidence }, 'the log contradicts what this node saw of it')
        }
      }
      // First remembered, then told: a witness that forgot could be shown another history.
      await saveView(dataFolder, judgement.view, generation)
      view = judgement.view
      if (judgement.type !== 'refused') cosigned.set(now() / 1000)
      measure()
    }
    tell()
  }

  // One after the other: each is judged by what the one before left.
  let queue: Promise<void> = Promise.resolve()
  const receive = (data: Uint8Array): void => {
    let challenge: Challenge
    try {
      challenge = decode(data)
    } catch (error) {
      log.warn({ err: error }, 'a checkpoint could not be read')
      return
    }
    queue = queue
      .then(() => take(challenge))
      .catch((error: unknown) => log.error({ err: error }, 'a checkpoint could not be judged'))
  }

  return {
    connected(next) {
      stopListening()
      stopListening = (): void => {}
      eventLog = next
      if (!next) return
      stopListening = next.onSignal(`ctl.audit.witness.${nodeId}`, receive)
      tell()
    },
    view: () => view,
    status: () => ({
      verifier_key: key.key.text,
      log_verifier_key: view.logKey,
      pinned_by: view.pinnedBy,
      size: String(view.size),
      note: view.note,
      refusal: view.refusal,
    }),
    async stop() {
      clearInterval(telling)
      stopListening()
      await queue
    },
  }

  function stateOf(now: WitnessView, { key: own }: Signer): Uint8Array {
    const signatures = now.note === '' ? [] : parseNote(now.note).signatures
    const line = (name: string): string => {
      const found = signatures.find((signature) => signature.name === name)
      return found ? formatSignatureLine(found) : ''
    }
    return WitnessState.encode({
      publicKey: own.publicKey,
      size: Number(now.size),
      root: now.root,
      cosignature: line(own.name),
      refusal: now.refusal,
      logVerifierKey: now.logKey,
      logSignature: line(formatOrigin({ lineageId, generation })),
    }).finish()
  }
}

function decode(data: Uint8Array): Challenge {
  const message = WitnessChallenge.decode(data)
  return {
    note: message.note ?? '',
    fromSize: BigInt(message.fromSize ?? 0),
    path: message.path ?? [],
    rotations: (message.rotations ?? []).map(({ statement, signature }) => ({
      statement: statement ?? new Uint8Array(),
      signature: signature ?? new Uint8Array(),
    })),
    logKey: message.logVerifierKey ?? '',
  }
}
