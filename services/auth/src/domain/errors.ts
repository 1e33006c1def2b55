import { defineError } from '@holdfast/errors'

// Organizations and sites

const counted = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? '' : 's'}`

export const OrganizationNotFound = defineError(
  'auth.organization_not_found',
  'not_found',
  (d: { organization: string }) => `There is no organization ${d.organization}.`,
)

export const OrganizationExists = defineError(
  'auth.organization_exists',
  'conflict',
  (d: { id: string }) => `The organization ${d.id} exists already.`,
)

export const OrganizationNotEmpty = defineError(
  'auth.organization_not_empty',
  'illegal_state',
  (d: { sites: number; nodes: number }) =>
    `The organization still has ${counted(d.sites, 'site')} and ${counted(d.nodes, 'node')}: delete them first.`,
)

export const OrganizationRequired = defineError(
  'auth.organization_required',
  'invalid',
  (d: { matches: string }) =>
    `Say which organization is meant; you may act in several: ${d.matches}.`,
)

export const SiteNotFound = defineError(
  'auth.site_not_found',
  'not_found',
  (d: { site: string }) => `There is no site ${d.site}.`,
)

export const SiteExists = defineError(
  'auth.site_exists',
  'conflict',
  (d: { id: string }) => `The site ${d.id} exists already.`,
)

export const AmbiguousName = defineError(
  'auth.ambiguous_name',
  'conflict',
  (d: { name: string; matches: string }) =>
    `${d.name} names several: ${d.matches}. Say which one by its id.`,
)

// Users and roles

export const UserNotFound = defineError(
  'auth.user_not_found',
  'not_found',
  (d: { user: string }) => `There is no user ${d.user}.`,
)

export const UserExists = defineError(
  'auth.user_exists',
  'conflict',
  (d: { id: string }) => `The user ${d.id} exists already.`,
)

export const UsernameTaken = defineError(
  'auth.username_taken',
  'conflict',
  () => 'This user name is taken.',
)

export const EmailTaken = defineError(
  'auth.email_taken',
  'conflict',
  () => 'This e-mail address is taken.',
)

/** The creation took so long that somebody else took over the name; see commands/claim-name.ts. */
export const NameTakenMeanwhile = defineError(
  'auth.name_taken_meanwhile',
  'conflict',
  () => 'Somebody else has taken the user name or e-mail address meanwhile.',
)

export const LastSuperAdmin = defineError(
  'auth.last_super_admin',
  'illegal_state',
  () => 'Somebody must stay super-admin: give the role to another user first.',
)

/** A restore or an undo would bring back somebody whose key is destroyed. */
export const PersonErased = defineError(
  'restore.person_erased',
  'illegal_state',
  (d: { user: string; sequence: bigint }) =>
    `The person ${d.user} was erased by commit ${d.sequence} and cannot be brought back.`,
)

export const LocksOutActor = defineError(
  'restore.locks_out_actor',
  'illegal_state',
  () =>
    'You would not be an enabled super-admin any more, and could not take it back: let another super-admin do it.',
)

export const RoleAboveOwn = defineError(
  'auth.role_above_own',
  'forbidden',
  (d: { role: string }) => `You cannot give or take the role ${d.role}: it allows more than yours.`,
)

export const UserOutOfReach = defineError(
  'auth.user_out_of_reach',
  'forbidden',
  () => 'The user also belongs to organizations you do not administer; a super-admin can do this.',
)

// Sign-in and sessions

export const InvalidCredentials = defineError(
  'auth.invalid_credentials',
  'unauthenticated',
  () => 'The user name or the password is wrong.',
)

export const Locked = defineError(
  'auth.locked',
  'exhausted',
  (d: { retryAfterSeconds: number }) =>
    `Too many failed sign-ins; try again in ${d.retryAfterSeconds} seconds.`,
)

export const TooManyAttempts = defineError(
  'auth.too_many_attempts',
  'exhausted',
  (d: { retryAfterSeconds: number }) =>
    `Too many attempts; try again in ${d.retryAfterSeconds} seconds.`,
)

export const Busy = defineError(
  'auth.busy',
  'unavailable',
  () => 'Too many sign-ins are waiting; try again in a moment.',
)

export const RefreshInvalid = defineError(
  'auth.refresh_invalid',
  'unauthenticated',
  () => 'The session has ended or never was; sign in again.',
)

export const RefreshReused = defineError(
  'auth.refresh_reused',
  'unauthenticated',
  () => 'This refresh token has been used before; the session has been ended. Sign in again.',
)

export const UserDisabled = defineError(
  'auth.user_disabled',
  'forbidden',
  () => 'This user has been disabled; an administrator can enable it again.',
)

export const SessionRequired = defineError(
  'auth.session_required',
  'forbidden',
  () => 'Only a signed-in user can do this.',
)

export const WrongPassword = defineError(
  'auth.wrong_password',
  'forbidden',
  () => 'The current password is wrong.',
)

// Nodes

export const EnrolmentTokenInvalid = defineError(
  'auth.enrolment_token_invalid',
  'unauthenticated',
  () => 'The enrolment token is unknown, expired or used; create another one.',
)

export const NodeIdentityNotFound = defineError(
  'auth.node_identity_not_found',
  'not_found',
  (d: { node: string }) => `The node ${d.node} was never enrolled, or its identity was withdrawn.`,
)

// External subscribers

export const SubscriberNotFound = defineError(
  'auth.subscriber_not_found',
  'not_found',
  (d: { subscriber: string }) => `There is no subscriber ${d.subscriber}.`,
)

export const SubscriberNameTaken = defineError(
  'auth.subscriber_name_taken',
  'conflict',
  (d: { name: string; heldBy: string }) =>
    `The subscriber ${d.heldBy} is called ${d.name} already.`,
)

// Keys

export const SigningKeyNotFound = defineError(
  'auth.signing_key_not_found',
  'not_found',
  (d: { keyId: string }) => `There is no signing key ${d.keyId}.`,
)

export const LastSigningKey = defineError(
  'auth.last_signing_key',
  'illegal_state',
  () => 'The signing key in use cannot be retired: rotate first.',
)

export const RootKeyMismatch = defineError(
  'auth.root_key_mismatch',
  'internal',
  (d: { expected: string; given: string }) =>
    `The key store belongs to root key ${d.expected}, HOLDFAST_ROOT_KEY is ${d.given}. Nothing has been written: give the right key, or point HOLDFAST_KEYS_DIR at this key's store.`,
)

export const RotationUnderWay = defineError(
  'auth.rotation_under_way',
  'illegal_state',
  () =>
    'The root key is being rotated; wait until that is done. A rotation that failed goes on at the next start.',
)

export const ShardsTold = defineError(
  'auth.shards_told',
  'illegal_state',
  () => 'These shards have been answered once, and are stored nowhere: ask for others.',
)

export const NextRootKeyMissing = defineError(
  'auth.next_root_key_missing',
  'illegal_state',
  () =>
    'The root key comes from HOLDFAST_ROOT_KEY, so the next one has to come from you: put it into the file HOLDFAST_ROOT_KEY_NEXT_FILE names (`openssl rand -base64 32`), and rotate again.',
)

export const RotationNotPrepared = defineError(
  'auth.rotation_not_prepared',
  'illegal_state',
  (d: { set: string }) =>
    `Nothing waits for shards ${d.set}: they were made more than 15 minutes ago, or auth was restarted. Begin again; those shards are of no use.`,
)

export const Sealed = defineError(
  'auth.sealed',
  'unavailable',
  () => 'The instance is sealed: give shards of its root key with `holdfast operator unseal`.',
)

export const NotSealed = defineError(
  'auth.not_sealed',
  'illegal_state',
  () => 'The instance is not sealed.',
)

export const TooManyShards = defineError(
  'auth.too_many_shards',
  'exhausted',
  (d: { retryAfterSeconds: number }) =>
    `Shards come too fast; try again in ${d.retryAfterSeconds} seconds.`,
)

export const KeyStoreLost = defineError(
  'auth.key_store_lost',
  'internal',
  (d: { directory: string }) =>
    `The log knows signing keys, but the key store in ${d.directory} holds none: restore the directory, what was sealed with its keys is unreadable without it.`,
)

export const KeyStoreDamaged = defineError(
  'auth.key_store_damaged',
  'internal',
  (d: { file: string }) =>
    `The key file ${d.file} cannot be read or does not open under the root key: restore it.`,
)
