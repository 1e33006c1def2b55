import type { holdfast } from '@holdfast/proto'

/** What is missing for opening backups when this machine is gone, as far as recipients go. */
export function recoveryWarnings(
  { recipients, reviewDueAtUnixMs }: holdfast.backup.v1.ListRecipientsResponse,
  nowUnixMs: number,
) {
  const own = recipients.filter(({ isDerived, removedAtUnixMs }) => !isDerived && !removedAtUnixMs)
  const isProved = own.some(({ provedAtUnixMs }) => Number(provedAtUnixMs) > 0)
  const dueAt = Number(reviewDueAtUnixMs)
  return [
    ...(isProved
      ? []
      : [
          {
            warning: 'recovery_unproved',
            detail:
              own.length === 0
                ? 'There is no recovery recipient: only the root key opens backups.'
                : 'No recovery recipient has shown that it can open what is sealed to it.',
            remedy:
              own.length === 0 ? 'holdfast recovery add age1…' : 'holdfast recovery prove age1…',
          },
        ]),
    ...(dueAt > 0 && dueAt <= nowUnixMs
      ? [
          {
            warning: 'key_review_due',
            detail: `Whether every recovery key can still be found was to be looked at by ${new Date(dueAt).toISOString().slice(0, 10)}.`,
            remedy: 'holdfast recovery review',
          },
        ]
      : []),
  ]
}
