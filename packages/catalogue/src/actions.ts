/** What an action is about. */
export const objectKinds = [
  'organization',
  'site',
  'user',
  'name',
  'enrolment',
  'keyring',
  'root_key',
  'subscriber',
  'node',
  'interface',
  'peer',
  'rule_set',
  'rule',
  'policy_test',
  'change_set',
  'signing_key',
  'webhook',
  'alert_rule',
  'alert',
  'storage_location',
  'schedule',
  'backup',
  'recovery',
  'import',
  'restore',
  'restore_job',
  'lineage',
  'validation',
] as const
export type ObjectKind = (typeof objectKinds)[number]

export interface Action {
  /** `<context>.<object>.<what happened>`; stable for good: rules, filters and scripts of users name it. */
  readonly code: string
  readonly context: string
  /** Event type in the log. */
  readonly event: string
  readonly kind: ObjectKind
  /** A sentence without its subject, for people: "added a peer". */
  readonly title: string
}

type Entry = readonly [event: string, code: string, kind: ObjectKind, title: string]

const auth: readonly Entry[] = [
  ['OrganizationCreated', 'organization.created', 'organization', 'created an organization'],
  ['OrganizationUpdated', 'organization.updated', 'organization', 'changed an organization'],
  ['OrganizationDeleted', 'organization.deleted', 'organization', 'deleted an organization'],
  ['SiteCreated', 'site.created', 'site', 'created a site'],
  ['SiteUpdated', 'site.updated', 'site', 'changed a site'],
  ['SiteDeleted', 'site.deleted', 'site', 'deleted a site'],
  ['UserCreated', 'user.created', 'user', 'created a user'],
  ['PasswordChanged', 'user.password_changed', 'user', 'changed a password'],
  ['RoleGranted', 'user.role_granted', 'user', 'granted a role'],
  ['RoleRevoked', 'user.role_revoked', 'user', 'took a role away'],
  ['UserDisabled', 'user.disabled', 'user', 'disabled a user'],
  ['UserEnabled', 'user.enabled', 'user', 'enabled a user'],
  ['UserAbandoned', 'user.abandoned', 'user', 'gave up creating a user'],
  ['UserErased', 'user.erased', 'user', 'forgot a person'],
  ['DataKeyDestroyed', 'user.key_destroyed', 'user', "destroyed a person's keys"],
  ['NameReserved', 'name.reserved', 'name', 'reserved a name'],
  ['NameReleased', 'name.released', 'name', 'released a name'],
  ['EnrolmentTokenCreated', 'enrolment.token_created', 'enrolment', 'made an enrolment token'],
  ['NodeIdentityIssued', 'enrolment.identity_issued', 'enrolment', 'gave a node its identity'],
  ['NodeIdentityRevoked', 'enrolment.identity_revoked', 'enrolment', "revoked a node's identity"],
  ['SigningKeyAdded', 'keyring.key_added', 'keyring', 'added a key for tokens'],
  ['SigningKeyRetired', 'keyring.key_retired', 'keyring', 'retired a key for tokens'],
  ['RootKeySplit', 'root_key.split', 'root_key', 'split the root key into shards'],
  ['RootKeyRotated', 'root_key.rotated', 'root_key', 'rotated the root key'],
  ['DataKeysRotated', 'root_key.data_keys_rotated', 'root_key', 'rotated data keys'],
  ['RootKeyUnsealed', 'root_key.unsealed', 'root_key', 'unsealed the instance with shards'],
  ['SubscriberCreated', 'subscriber.created', 'subscriber', 'created an external subscriber'],
  ['SubscriberRotated', 'subscriber.rotated', 'subscriber', "renewed a subscriber's credentials"],
  ['SubscriberRevoked', 'subscriber.revoked', 'subscriber', 'revoked an external subscriber'],
]
const network: readonly Entry[] = [
  ['NodeEnrolled', 'node.enrolled', 'node', 'enrolled a node'],
  ['NodeUpdated', 'node.updated', 'node', 'changed a node'],
  ['NodeDeleted', 'node.deleted', 'node', 'deleted a node'],
  ['InterfaceClaimed', 'node.interface_claimed', 'node', 'claimed a name and port on a node'],
  ['InterfaceReleased', 'node.interface_released', 'node', 'released a name and port on a node'],
  ['InterfaceCreated', 'interface.created', 'interface', 'created an interface'],
  ['InterfaceUpdated', 'interface.updated', 'interface', 'changed an interface'],
  ['InterfaceKeyRotated', 'interface.key_rotated', 'interface', "rotated an interface's key"],
  ['InterfaceDeleted', 'interface.deleted', 'interface', 'deleted an interface'],
  ['PeerAdded', 'peer.created', 'peer', 'added a peer'],
  ['PeerUpdated', 'peer.updated', 'peer', 'changed a peer'],
  ['PeerKeyRotated', 'peer.key_rotated', 'peer', "rotated a peer's key"],
  [
    'PeerPresharedKeyRotated',
    'peer.preshared_key_rotated',
    'peer',
    "rotated a peer's preshared key",
  ],
  ['PeerRemoved', 'peer.deleted', 'peer', 'removed a peer'],
]
const rules: readonly Entry[] = [
  ['RuleCreated', 'rule.created', 'rule', 'created a rule'],
  ['RuleUpdated', 'rule.updated', 'rule', 'changed a rule'],
  ['RuleDeleted', 'rule.deleted', 'rule', 'deleted a rule'],
  ['RuleSetSettingsUpdated', 'rule_set.updated', 'rule_set', 'changed settings of the rule set'],
  ['PolicyTestSaved', 'policy_test.saved', 'policy_test', 'saved a policy test'],
  ['PolicyTestDeleted', 'policy_test.deleted', 'policy_test', 'deleted a policy test'],
  ['ChangeSetOpened', 'change_set.opened', 'change_set', 'opened a change set'],
  ['ChangeSetStaged', 'change_set.staged', 'change_set', 'staged changes'],
  ['ChangeSetDiscarded', 'change_set.discarded', 'change_set', 'discarded a change set'],
  ['ChangeSetApplied', 'change_set.applied', 'change_set', 'applied a change set'],
  ['ChangeSetConfirmed', 'change_set.confirmed', 'change_set', 'confirmed a change set'],
  ['ChangeSetReverted', 'change_set.reverted', 'change_set', 'reverted a change set'],
]
const audit: readonly Entry[] = [
  ['SigningKeyIntroduced', 'signing_key.introduced', 'signing_key', "brought the log's first key"],
  ['SigningKeyRotated', 'signing_key.rotated', 'signing_key', "rotated the log's signing key"],
]
const notify: readonly Entry[] = [
  ['WebhookCreated', 'webhook.created', 'webhook', 'created a webhook'],
  ['WebhookUpdated', 'webhook.updated', 'webhook', 'changed a webhook'],
  ['WebhookSecretRotated', 'webhook.secret_rotated', 'webhook', "rotated a webhook's secret"],
  ['WebhookSuspended', 'webhook.suspended', 'webhook', 'suspended a webhook'],
  ['WebhookResumed', 'webhook.resumed', 'webhook', 'resumed a webhook'],
  ['WebhookDeleted', 'webhook.deleted', 'webhook', 'deleted a webhook'],
  ['NameReserved', 'name.reserved', 'name', 'reserved a name'],
  ['NameReleased', 'name.released', 'name', 'released a name'],
  ['AlertRuleCreated', 'alert_rule.created', 'alert_rule', 'created an alert rule'],
  ['AlertRuleUpdated', 'alert_rule.updated', 'alert_rule', 'changed an alert rule'],
  ['AlertRuleDeleted', 'alert_rule.deleted', 'alert_rule', 'deleted an alert rule'],
  ['AlertRaised', 'alert.raised', 'alert', 'raised an alert'],
  ['AlertAcknowledged', 'alert.acknowledged', 'alert', 'acknowledged an alert'],
  ['AlertResolved', 'alert.resolved', 'alert', 'resolved an alert'],
]
const backup: readonly Entry[] = [
  [
    'StorageLocationCreated',
    'storage_location.created',
    'storage_location',
    'created a storage location',
  ],
  [
    'StorageLocationUpdated',
    'storage_location.updated',
    'storage_location',
    'changed a storage location',
  ],
  [
    'StorageLocationDeleted',
    'storage_location.deleted',
    'storage_location',
    'deleted a storage location',
  ],
  ['ScheduleCreated', 'schedule.created', 'schedule', 'created a schedule'],
  ['ScheduleUpdated', 'schedule.updated', 'schedule', 'changed a schedule'],
  ['ScheduleDeleted', 'schedule.deleted', 'schedule', 'deleted a schedule'],
  ['ScheduleSlotMissed', 'schedule.slot_missed', 'schedule', 'noticed a missed slot'],
  ['BackupRequested', 'backup.requested', 'backup', 'asked for a backup'],
  ['BackupCompleted', 'backup.completed', 'backup', 'completed a backup'],
  ['BackupFailed', 'backup.failed', 'backup', 'failed to make a backup'],
  ['BackupCancelled', 'backup.cancelled', 'backup', 'cancelled a backup'],
  ['BackupVerified', 'backup.verified', 'backup', 'read a backup back'],
  ['BackupDeleted', 'backup.deleted', 'backup', 'deleted a backup'],
  ['NameReserved', 'name.reserved', 'name', 'reserved a name'],
  ['NameReleased', 'name.released', 'name', 'released a name'],
  ['RecipientAdded', 'recovery.recipient_added', 'recovery', 'added a recovery recipient'],
  ['RecipientRemoved', 'recovery.recipient_removed', 'recovery', 'removed a recovery recipient'],
  ['RecipientProved', 'recovery.recipient_proved', 'recovery', 'proved a recovery recipient'],
  ['KeysReviewed', 'recovery.keys_reviewed', 'recovery', 'reviewed the recovery keys'],
  [
    'KeysetsRewritten',
    'recovery.keysets_rewritten',
    'recovery',
    'wrote keysets anew without destroyed keys',
  ],
  ['SnapshotImported', 'import.completed', 'import', 'imported a portable snapshot'],
  [
    'SnapshotRestoreStarted',
    'restore_job.started',
    'restore_job',
    'began to restore a stored snapshot',
  ],
  ['BackupValidated', 'validation.completed', 'validation', 'validated the newest backup'],
  [
    'BackupValidationFailed',
    'validation.failed',
    'validation',
    'failed to validate the newest backup',
  ],
  ['Restored', 'lineage.restored', 'lineage', 'went on in a new generation after a restore'],
  ['RestoreStarted', 'restore.started', 'restore', 'began a restore'],
  ['RestoreCompleted', 'restore.completed', 'restore', 'completed a restore'],
  ['RestoreFailed', 'restore.failed', 'restore', 'failed to restore'],
]

/** Every action of the log. A contract test compares it with proto/holdfast/<context>/v1/events.proto. */
export const actions: readonly Action[] = Object.entries({
  auth,
  network,
  rules,
  audit,
  notify,
  backup,
}).flatMap(([context, entries]) =>
  entries.map(([event, code, kind, title]) => ({
    code: `${context}.${code}`,
    context,
    event,
    kind,
    title,
  })),
)

const byEvent = new Map(actions.map((action) => [`${action.context} ${action.event}`, action]))

/** Undefined for events of a later release. */
export const actionOf = (context: string, event: string): Action | undefined =>
  byEvent.get(`${context} ${event}`)

/** Whether an action is one of these codes or below one of them: `network.peer` takes in `network.peer.created`. */
export const isWithin = (code: string, codes: readonly string[]): boolean =>
  codes.some((wanted) => code === wanted || code.startsWith(`${wanted}.`))
