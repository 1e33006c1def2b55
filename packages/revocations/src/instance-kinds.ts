import type { StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { event, type Kind } from './kind.ts'

const v1 = holdfast.backup.v1

/** Who may open what is off-site: a recipient that was removed is none any more. */
export const recoveries: Kind<Set<string>> = {
  name: 'backup.recovery',
  initial: () => new Set(),
  evolve(recipients, { type, data }) {
    if (type === 'RecipientAdded') recipients.add(v1.RecipientAdded.decode(data).recipient)
    if (type === 'RecipientRemoved') recipients.delete(v1.RecipientRemoved.decode(data).recipient)
  },
  carry: (then, end) =>
    [...then]
      .filter((recipient) => !end.has(recipient))
      .map((recipient) =>
        event('RecipientRemoved', v1.RecipientRemoved.encode({ recipient }).finish()),
      ),
}

/** Keys of the log: what one of them signed in writing stands, so every handover happens again, as it was. */
export const logKeys: Kind<StoredEvent[]> = {
  name: 'audit.signing_key',
  initial: () => [],
  evolve: (events, stored) => void events.push(stored),
  carry: (then, end) => end.slice(then.length),
}
