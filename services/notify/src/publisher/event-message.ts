import { type Deed, deedsOf } from '@holdfast/catalogue'
import { rfc3339 } from '@holdfast/domain'
import { type Commit, eventSubject, type PublishedEvent } from '@holdfast/event-log'
import { bodyOf, payloadOf } from '../webhooks/payload.ts'

/**
 * The events of a commit as programs outside read them: CloudEvents 1.0, binary mode of its NATS binding, the data that
 * webhooks are sent too. Ids are stable, so whoever gets one twice can tell.
 */
export const eventMessages = (commit: Commit): readonly PublishedEvent[] =>
  deedsOf(commit).flatMap((deed, index) => {
    const event = commit.events[index]
    return event ? [messageOf(commit, deed, index, dataOf(commit, deed, index))] : []
  })

function dataOf(commit: Commit, deed: Deed, index: number): string {
  const event = commit.events[index]
  if (!event) return '{}'
  const body = bodyOf(payloadOf(commit, event, deed), 'standard', '', '')
  return JSON.stringify((JSON.parse(body) as { data: unknown }).data) // as: our own body
}

const messageOf = (commit: Commit, deed: Deed, index: number, data: string): PublishedEvent => ({
  id: `${commit.commitId}/${index}`,
  subject: eventSubject(commit.organizationId, deed.action),
  headers: [
    ['ce-specversion', '1.0'],
    ['ce-id', `${commit.commitId}/${index}`],
    ['ce-source', `/holdfast/${commit.lineageId}`],
    ['ce-type', `io.holdfast.${deed.action}`],
    ['ce-subject', deed.target.id],
    ['ce-time', rfc3339(commit.timeUnixMs)],
    ['ce-sequence', commit.sequence.toString()],
    ['content-type', 'application/json'],
  ],
  data: Buffer.from(data),
})
