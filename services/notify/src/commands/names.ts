import { nameBook } from '@holdfast/service'
import { names } from './aggregates.ts'

/** Names of webhooks and alert rules. */
export const nameHolders = nameBook<'webhook' | 'alert_rule'>(
  names,
  '0d8cf1de-54a7-5b8e-9d7a-2f4b6f0a3c11',
)

/** Equal for names that the book takes for one. */
export const nameKey = (name: string): string => name.normalize('NFC').toLowerCase()
