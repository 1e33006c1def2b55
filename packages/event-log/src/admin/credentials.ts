import {
  createUser,
  decode,
  encodeUser,
  fmtCreds,
  fromPublic,
  fromSeed,
  type User,
} from '@nats-io/jwt'
import { safeSubjectAmong } from '../safe-signal.ts'
import { nodePermissions, type Permissions } from './permissions.ts'

/** What signs users: a signing key of the account, never the account's own key. */
export interface UserIssuer {
  /** Seed of the account's signing key (`SA…`). */
  readonly signingSeed: string
  /** The account's public key (`A…`). */
  readonly account: string
}

export interface IssuedUser {
  /** Public key (`U…`). */
  readonly publicKey: string
  /** Content of a `.creds` file; secret. */
  readonly credentials: string
}

const keyOf = (seed: string) => fromSeed(Buffer.from(seed))

async function signUser(
  issuer: UserIssuer,
  options: {
    readonly name: string
    readonly publicKey: string
    readonly permissions: Permissions
    readonly expiresAtUnixS?: number
  },
): Promise<string> {
  const { name, publicKey, permissions, expiresAtUnixS } = options
  return await encodeUser(
    name,
    fromPublic(publicKey),
    fromPublic(issuer.account),
    {
      pub: { allow: [...permissions.publish] },
      sub: { allow: [...permissions.subscribe] },
    },
    {
      signer: keyOf(issuer.signingSeed),
      ...(expiresAtUnixS === undefined ? {} : { exp: expiresAtUnixS }),
    },
  )
}

/** A user with a fresh key pair, for processes on this side. */
export async function issueUser(
  issuer: UserIssuer,
  options: { readonly name: string; readonly permissions: Permissions },
): Promise<IssuedUser> {
  const key = createUser()
  const publicKey = key.getPublicKey()
  const jwt = await signUser(issuer, { ...options, publicKey })
  return { publicKey, credentials: Buffer.from(fmtCreds(jwt, key)).toString('utf8') }
}

/** A user of the system account, who may update accounts. Signed by the account's own key. */
export async function issueSystemUser(accountSeed: string, name: string): Promise<IssuedUser> {
  const key = createUser()
  const jwt = await encodeUser(name, key, keyOf(accountSeed))
  return {
    publicKey: key.getPublicKey(),
    credentials: Buffer.from(fmtCreds(jwt, key)).toString('utf8'),
  }
}

/**
 * The JWT of a node. The node made the key pair and kept the seed, so this is no secret by itself.
 * Throws when `natsPublicKey` is not the public key of a user.
 */
export async function issueNodeCredentials(
  options: UserIssuer & {
    readonly nodeId: string
    readonly organizationId: string
    readonly natsPublicKey: string
    readonly lineageId: string
    /** Where nodes hear how far the log is safe. */
    readonly safeSubject: string
  },
): Promise<string> {
  const { signingSeed, account, nodeId, organizationId, natsPublicKey, lineageId, safeSubject } =
    options
  if (!natsPublicKey.startsWith('U')) throw new RangeError('not the public key of a NATS user')
  return await signUser(
    { signingSeed, account },
    {
      name: nodeId,
      publicKey: natsPublicKey,
      permissions: nodePermissions({ nodeId, organizationId, lineageId, safeSubject }),
    },
  )
}

/** Whether a node's JWT lets it do all that nodes of this release do. Throws when it is no JWT. */
export function permitsNode(
  jwt: string,
  node: { readonly nodeId: string; readonly organizationId: string; readonly lineageId: string },
): boolean {
  const { pub, sub } = decode<User>(jwt).nats
  const safeSubject = safeSubjectAmong(sub?.allow ?? [], 'nodes')
  if (safeSubject === undefined) return false
  const { publish, subscribe } = nodePermissions({ ...node, safeSubject })
  return (
    publish.every((subject) => pub?.allow?.includes(subject)) &&
    subscribe.every((subject) => sub?.allow?.includes(subject))
  )
}
