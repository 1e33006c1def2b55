import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@holdfast/config'
import {
  issueNodeCredentials,
  issueUser,
  safeSubjectIn,
  subscriberPermissions,
} from '@holdfast/event-log/admin'
import { run } from '@holdfast/service'
import { composeAuth } from './compose.ts'
import { settings } from './config.ts'
import { openKeyStore } from './keys/key-store.ts'
import { givenRootKey, unsealedRootKey } from './keys/root-key-source.ts'
import { findRootKeys, storeFingerprints } from './keys/store-root-keys.ts'
import { operationalTables } from './operational-tables.ts'
import { waitUnsealed } from './seal/wait-unsealed.ts'

await refuseOtherRootKey()

await run(
  'auth',
  settings,
  { migrations: fileURLToPath(new URL('../migrations', import.meta.url)), operationalTables },
  async (app) => {
    const { settings: values } = app
    const unsealed =
      values.seal === 'shamir'
        ? await waitUnsealed(app, storeFingerprints(values.keysDir), Date.now)
        : undefined
    const source = unsealed ? unsealedRootKey(unsealed.rootKey) : givenRootKey(values)
    const signingSeed = readFileSync(values.natsSigningSeedFile, 'utf8').trim()
    const safeSubject = nodesSafeSubject(values.natsCredentialsFile)
    await composeAuth(app, {
      keyStore: await openKeyStore(values.keysDir, source.keys, source.adopt),
      rootKeySource: source,
      unsealed,
      issueNodeJwt: (node) =>
        issueNodeCredentials({
          ...node,
          signingSeed,
          account: values.natsAccount,
          lineageId: app.log.lineageId,
          safeSubject,
        }),
      issueSubscriber: (consumer) =>
        issueUser(
          { signingSeed, account: values.natsAccount },
          { name: consumer, permissions: subscriberPermissions(consumer) },
        ),
      subscriberDoor: {
        servers: values.agentNatsServers,
        caCertificate:
          values.agentCaFile === undefined ? '' : readFileSync(values.agentCaFile, 'utf8'),
      },
      loginRate: { perMinute: values.loginsPerMinute, burst: values.loginBurst },
      refreshRate: { perMinute: values.refreshesPerMinute, burst: values.refreshBurst },
      now: Date.now,
    })
  },
)

/** Where nodes hear how far the log is safe: our own credentials know it. */
function nodesSafeSubject(credentialsFile: string | undefined): string {
  const credentials = credentialsFile === undefined ? '' : readFileSync(credentialsFile, 'utf8')
  const subject = safeSubjectIn(credentials, 'nodes')
  if (subject === undefined)
    throw new Error(
      'HOLDFAST_NATS_CREDENTIALS_FILE does not say where nodes hear the safe sequence',
    )
  return subject
}

/**
 * A root key that is not the store's ends the start before anything at all is written: the database, the
 * log and the store are as they were.
 */
async function refuseOtherRootKey(): Promise<void> {
  try {
    const values = settings.load(process.env)
    if (values.seal === 'none') await findRootKeys(values.keysDir, givenRootKey(values).keys)
    else if (values.rootKey !== undefined)
      throw new Error(
        'HOLDFAST_SEAL=shamir is for an instance whose root key is on no disk: make shards with `holdfast operator recover`, prove them, and take HOLDFAST_ROOT_KEY away',
      )
    else storeFingerprints(values.keysDir)
  } catch (error) {
    if (error instanceof ConfigError) return // run() says what is wrong with the settings
    process.stderr.write(`auth: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
