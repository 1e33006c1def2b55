import type { NeededRecipient } from '../offsite/offsite.ts'

export interface RecipientNeed {
  /** Backups and off-site objects. */
  readonly objects: number
  /** Undefined: not foreseeable. */
  readonly untilUnixMs: number | undefined
}

/**
 * The operator's recipients whose key must not be thrown away yet: something kept opens with it, and with none that is
 * in use but it. The root key opens everything and is not counted on: it may be what was lost.
 */
export function neededRecipients(
  inUse: readonly string[],
  backups: readonly { readonly recipients: readonly string[] }[],
  offsite: readonly NeededRecipient[],
): ReadonlyMap<string, RecipientNeed> {
  const needs = new Map<string, RecipientNeed>()
  for (const { recipients } of backups) {
    // The derived one is the first.
    const operators = recipients.slice(1)
    const usable = operators.filter((one) => inUse.includes(one))
    const needed = usable.length === 0 ? operators : usable.length === 1 ? usable : []
    for (const one of needed) {
      const before = needs.get(one)
      needs.set(one, { objects: (before?.objects ?? 0) + 1, untilUnixMs: undefined })
    }
  }
  for (const { recipient, objects, neededUntilUnixMs } of offsite) {
    const before = needs.get(recipient)
    needs.set(recipient, {
      objects: (before?.objects ?? 0) + objects,
      untilUnixMs: before ? undefined : neededUntilUnixMs,
    })
  }
  return needs
}
