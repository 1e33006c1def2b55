import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Authority,
  type AuthoritySeeds,
  accessStream,
  adminPermissions,
  createAuthoritySeeds,
  flowStream,
  guardPermissions,
  type Ingest,
  ingestFrom,
  issueSystemUser,
  issueUser,
  type Permissions,
  publishingEvents,
  recordingAccess,
  safeSubject,
  servicePermissions,
  signAuthority,
} from '@holdfast/event-log/admin'

/** Names of the users every installation has, besides nodes. */
export interface NatsUser {
  readonly name: string
  readonly permissions: Permissions
}

/** The services of this release, each with exactly what it needs. */
export const natsUsers = (stream: string, ingest: Ingest): readonly NatsUser[] => [
  // The supervisor, which makes streams and accounts. It guards nothing: `log-guard` does.
  {
    name: 'guard',
    permissions: {
      ...adminPermissions,
      // Named, though it may hear everything: a reader finds in its credentials where it hears what is safe.
      subscribe: [...adminPermissions.subscribe, safeSubject(ingest, 'services')],
    },
  },
  { name: 'log-guard', permissions: guardPermissions({ name: 'log-guard', stream, ingest }) },
  {
    name: 'auth',
    permissions: recordingAccess(
      servicePermissions({
        name: 'auth',
        stream,
        ingest,
        // It makes the credentials of nodes, which name it.
        listensTo: [safeSubject(ingest, 'nodes')],
      }),
      { name: 'auth', ingest },
    ),
  },
  {
    name: 'network',
    permissions: servicePermissions({
      name: 'network',
      stream,
      ingest,
      listensTo: ['tlm.node.>'],
    }),
  },
  {
    name: 'rules',
    permissions: servicePermissions({
      name: 'rules',
      stream,
      ingest,
      listensTo: ['tlm.node.>'],
    }),
  },
  {
    name: 'audit',
    permissions: recordingAccess(
      servicePermissions({
        name: 'audit',
        stream,
        ingest,
        listensTo: ['tlm.node.>'],
        alsoReads: [flowStream, accessStream],
      }),
      { name: 'audit', ingest },
    ),
  },
  {
    name: 'backup',
    permissions: servicePermissions({ name: 'backup', stream, ingest, alsoReads: [accessStream] }),
  },
  {
    name: 'notify',
    permissions: publishingEvents(
      servicePermissions({ name: 'notify', stream, ingest, alsoReads: [accessStream] }),
      ingest,
    ),
  },
  {
    name: 'gateway',
    permissions: recordingAccess(
      servicePermissions({ name: 'gateway', stream, ingest, appends: false }),
      {
        name: 'gateway',
        ingest,
      },
    ),
  },
]

export interface NatsIdentities {
  readonly authority: Authority
  /** The subjects the streams listen to; for whoever provisions and guards them. */
  readonly ingest: Ingest
  /** Holds the seed they follow from; for whoever guards them. */
  readonly ingestSeedFile: string
  /** Holds the seed that signs node credentials; for auth alone. */
  readonly signingSeedFile: string
  /** For `revokeUser`; for the supervisor alone. */
  readonly operatorSeedFile: string
  /** `.creds` file of a user: one of `natsUsers`, or `system`. */
  credentialsFile(name: string): string
}

async function existing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Written beside and renamed: a crash leaves the old file or the new one, never half of one. */
async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text, { mode: 0o600 })
  await chmod(`${path}.next`, 0o600)
  await rename(`${path}.next`, path)
}

async function kept(path: string, make: () => Promise<string> | string): Promise<string> {
  const found = await existing(path)
  if (found !== undefined) return found.trim()
  const made = await make()
  await writeSecret(path, `${made}\n`)
  return made
}

const seedNames = ['operator', 'systemAccount', 'account', 'signing'] as const

/**
 * Operator, accounts and users of the embedded server, made once and kept in `dir` (0700, files 0600).
 * Users are made again when their permissions or the stream change, so an upgrade that needs a new
 * permission has it at its first start.
 */
export async function prepareNatsIdentities(options: {
  readonly dir: string
  readonly stream: string
}): Promise<NatsIdentities> {
  const { dir, stream } = options
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await chmod(dir, 0o700)
  const fresh = createAuthoritySeeds()
  const seedFile = (name: keyof AuthoritySeeds): string => join(dir, `${name}.seed`)
  const seed = async (name: keyof AuthoritySeeds): Promise<string> =>
    await kept(seedFile(name), () => fresh[name])
  const seeds: AuthoritySeeds = {
    operator: await seed(seedNames[0]),
    systemAccount: await seed(seedNames[1]),
    account: await seed(seedNames[2]),
    signing: await seed(seedNames[3]),
  }

  // Dated, and the server prefers the newer of its own copy and this one: sign it only once.
  const authorityText = await kept(join(dir, 'authority.json'), async () =>
    JSON.stringify(await signAuthority(seeds)),
  )
  const authority = JSON.parse(authorityText) as Authority // written by this function

  const credentialsFile = (name: string): string => join(dir, `${name}.creds`)
  const issuer = { signingSeed: seeds.signing, account: authority.account.publicKey }
  const ingestSeedFile = join(dir, 'ingest.seed')
  const ingest = ingestFrom(await kept(ingestSeedFile, () => randomBytes(32).toString('hex')))
  for (const { name, permissions } of natsUsers(stream, ingest)) {
    const mark = JSON.stringify(permissions)
    const markFile = join(dir, `${name}.permissions.json`)
    const isCurrent =
      (await existing(markFile)) === mark && (await existing(credentialsFile(name))) !== undefined
    if (isCurrent) continue
    const { credentials } = await issueUser(issuer, { name, permissions })
    await writeSecret(credentialsFile(name), credentials)
    await writeSecret(markFile, mark)
  }
  if ((await existing(credentialsFile('system'))) === undefined) {
    const { credentials } = await issueSystemUser(seeds.systemAccount, 'system')
    await writeSecret(credentialsFile('system'), credentials)
  }
  return {
    authority,
    ingest,
    ingestSeedFile,
    signingSeedFile: seedFile('signing'),
    operatorSeedFile: seedFile('operator'),
    credentialsFile,
  }
}
