import type { Values } from './settings.ts'
import { type ContractTarget, storageContract } from './testing/contract.ts'

/**
 * The real services, for whoever has an account: HOLDFAST_LIVE_GOOGLE_DRIVE and HOLDFAST_LIVE_DROPBOX hold
 * `{"config": {…}, "credentials": {…}}` of a folder that is empty and of no other use.
 */
for (const kind of ['google_drive', 'dropbox']) {
  const name = `HOLDFAST_LIVE_${kind.toUpperCase()}`
  storageContract(kind, async (): Promise<ContractTarget | string> => {
    const given = process.env[name]
    if (given === undefined) return `skipped: no ${name}, so the real service was not tried`
    const { config, credentials } = JSON.parse(given) as Record<'config' | 'credentials', Values>
    return { ports: [], config: () => config, credentials, stop: async () => undefined }
  })
}
