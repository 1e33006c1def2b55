import type { NeededRecipient } from './offsite.ts'

/**
 * What each of the operator's recipients, in use and gone, opens that no other in use does. Segments are kept as long as
 * the log is, so nobody can say until when.
 */
export function neededRecipients(
  sets: readonly { readonly recipients: readonly string[]; readonly objects: number }[],
  inUse: readonly string[],
): readonly NeededRecipient[] {
  const needed = new Map<string, number>()
  for (const { recipients, objects } of sets)
    for (const recipient of recipients) {
      const isAlone = !recipients.some((other) => other !== recipient && inUse.includes(other))
      if (isAlone) needed.set(recipient, (needed.get(recipient) ?? 0) + objects)
    }
  return [...needed]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([recipient, objects]) => ({ recipient, objects, neededUntilUnixMs: undefined }))
}
