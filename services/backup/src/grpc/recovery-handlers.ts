import {
  ageArmor,
  ageSeal,
  constantTimeEqual,
  parseRecipient,
  randomToken,
  sha256,
} from '@holdfast/crypto'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { RecoveryService } from '@holdfast/proto'
import { type Call, Fields, type Handlers, withoutRevision } from '@holdfast/service'
import { recoveries } from '../commands/recovery-aggregate.ts'
import type { RecoveryCommand } from '../domain/recovery.ts'
import { ProofWrong, RecipientExists, RecipientNotFound } from '../domain/recovery-errors.ts'
import { neededRecipients, type RecipientNeed } from '../full/needed-recipients.ts'
import type { Offsite } from '../offsite/offsite.ts'
import {
  challengeOf,
  forgetChallenge,
  keepChallenge,
  keysReviewedAt,
  listRecipientRows,
  type RecipientRow,
  sealedBackups,
} from '../queries/recipients.ts'

export interface RecoveryEdge {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'lineageId'>
  readonly postgres: Postgres
  readonly offsite: Pick<Offsite, 'neededRecipients'>
  /** The one derived from the root key. */
  derived(signal: AbortSignal): Promise<string>
  /** Waits until the read models include all this process knows of. */
  catchUp(): Promise<void>
  readonly now: () => number
}

/** A quarter (SQ-16). */
export const reviewEveryMs = 91 * 86_400_000
const maxLabel = 128
const maxNote = 1_000

type Own = Omit<Handlers<typeof RecoveryService>, 'getOffsiteState' | 'verifyOffsite'>

/** Who can open what is kept, besides whoever has the root key. */
export function recoveryHandlers(edge: RecoveryEdge): Own {
  const { log, postgres, offsite } = edge

  const decide = async (call: Call, command: RecoveryCommand): Promise<void> => {
    const context = withoutRevision(call.command())
    const outcome = await log.execute(recoveries, log.lineageId, command, context)
    if (outcome.sequence !== undefined) call.committed(outcome.sequence)
  }

  async function needs(): Promise<ReadonlyMap<string, RecipientNeed>> {
    const { state } = await log.fold(recoveries, log.lineageId)
    return neededRecipients(
      [...state.recipients.keys()],
      await sealedBackups(postgres),
      await offsite.neededRecipients(),
    )
  }

  async function shown(recipient: string) {
    await edge.catchUp()
    const row = (await listRecipientRows(postgres)).find((one) => one.recipient === recipient)
    if (!row) throw RecipientNotFound({ recipient })
    return print(row, (await needs()).get(recipient))
  }

  /** What only its owner can read. The one before is void. */
  async function challenge(recipient: string): Promise<string> {
    const answer = randomToken('hfp')
    await keepChallenge(postgres, recipient, sha256(Buffer.from(answer)))
    return ageArmor(await ageSeal([recipient], Buffer.from(`${answer}\n`)))
  }

  return {
    async listRecipients(_request, call) {
      const [derived, rows, reviewedAtUnixMs, needed] = await Promise.all([
        edge.derived(call.signal),
        listRecipientRows(postgres),
        keysReviewedAt(postgres),
        needs(),
      ])
      const since = reviewedAtUnixMs || (rows[0]?.addedAtUnixMs ?? 0)
      return {
        recipients: [
          { recipient: derived, label: 'root key', isDerived: true },
          // One that is gone is shown for as long as something needs its key (SQ-27).
          ...rows
            .filter((row) => row.removedAtUnixMs === 0 || needed.has(row.recipient))
            .map((row) => print(row, needed.get(row.recipient))),
        ],
        reviewedAtUnixMs,
        reviewDueAtUnixMs: since === 0 ? 0 : since + reviewEveryMs,
      }
    },

    async addRecipient({ recipient: given, label: givenLabel }, call) {
      const fields = new Fields()
      const recipient = readRecipient(fields, given)
      const label = readText(fields, 'label', givenLabel, maxLabel)
      fields.check()
      if (recipient === (await edge.derived(call.signal))) throw RecipientExists({ recipient })
      await decide(call, { type: 'AddRecipient', recipient, label })
      return { recipient: await shown(recipient), challenge: await challenge(recipient) }
    },

    async proveRecipient({ recipient: given, answer }, call) {
      const fields = new Fields()
      const recipient = readRecipient(fields, given)
      const said = readText(fields, 'answer', answer, 200)
      fields.check()
      const { state } = await log.fold(recoveries, log.lineageId, call.signal)
      if (!state.recipients.has(recipient)) throw RecipientNotFound({ recipient })
      if (said === '')
        return { recipient: await shown(recipient), challenge: await challenge(recipient) }
      const expected = await challengeOf(postgres, recipient)
      if (!expected || !constantTimeEqual(expected, sha256(Buffer.from(said))))
        throw ProofWrong({ recipient })
      await decide(call, { type: 'ProveRecipient', recipient })
      await forgetChallenge(postgres, recipient)
      return { recipient: await shown(recipient) }
    },

    async removeRecipient({ recipient: given }, call) {
      const fields = new Fields()
      const recipient = readRecipient(fields, given)
      fields.check()
      await decide(call, { type: 'RemoveRecipient', recipient })
      await forgetChallenge(postgres, recipient)
      return { recipient: await shown(recipient) }
    },

    async reviewKeys({ note: given }, call) {
      const fields = new Fields()
      const note = readText(fields, 'note', given, maxNote)
      fields.check()
      await decide(call, { type: 'ReviewKeys', note })
      return { reviewDueAtUnixMs: edge.now() + reviewEveryMs }
    },
  }
}

const print = (row: RecipientRow, need: RecipientNeed | undefined) => ({
  recipient: row.recipient,
  label: row.label,
  addedAtUnixMs: row.addedAtUnixMs,
  removedAtUnixMs: row.removedAtUnixMs,
  provedAtUnixMs: row.provedAtUnixMs,
  neededBy: need?.objects ?? 0,
  neededUntilUnixMs: need?.untilUnixMs ?? 0,
})

function readRecipient(fields: Fields, given: string): string {
  if (given.trim() === '') {
    fields.add('recipient', 'required', 'an age recipient, age1…')
    return ''
  }
  try {
    return parseRecipient(given)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    fields.add('recipient', 'recipient_invalid', error.message)
    return ''
  }
}

function readText(fields: Fields, field: string, given: string, most: number): string {
  const text = given.trim()
  if (text.length > most) fields.add(field, 'too_long', `at most ${most} characters`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  else if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text))
    fields.add(field, 'text_invalid', 'no control characters')
  return text
}
