import type { Api } from './api.ts'
import { until } from './until.ts'

/** The key an auditor pins. A log makes it for its first checkpoint, so a new one has none for a moment. */
export function logKeyOf(api: Api): Promise<string> {
  return until('the log has a signing key', async () => {
    const { items } = await api.get<{ items: { verifier_key: string }[] }>('/audit/keys')
    return items[0]?.verifier_key
  })
}
