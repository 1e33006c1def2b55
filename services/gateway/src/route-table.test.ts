import { holdfast, services } from '@holdfast/proto'
import type { InjectOptions, RouteOptions } from 'fastify'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { backupFakes, backupRows, backupServices } from './testing/backup-rows.ts'
import {
  aPeer,
  bearer,
  type FakeGateway,
  fakeGateway,
  type SeenCall,
} from './testing/fake-gateway.ts'
import { restoreFakes, restoreRows, restoreServices } from './testing/restore-rows.ts'
import { rootKeyFakes, rootKeyRows, rootKeyServices } from './testing/root-key-rows.ts'

// Every rpc is reachable over HTTP, or it is listed here with the reason.
const notForHttp: Readonly<Record<string, string>> = {
  'AuthService.getKeySet': 'services verify tokens by it',
  'AuthService.listRevokedSessions': 'for services',
  'AuthService.rotateSigningKey': 'holdfast operator, step 7',
  'AuthService.seedAdmin': 'the supervisor, at first start',
  'CompensationService.applyCompensation': 'backup asks while it restores',
  'CompensationService.applyUndo': 'backup asks while it undoes a commit',
  'CompensationService.listCompensables': 'backup asks, for plans of restores',
  'CompensationService.planCompensation': 'backup asks, for plans of restores',
  'CompensationService.planUndo': 'backup asks before it undoes a commit',
  'ContributorService.collect': 'backup asks for portable snapshots',
  'ContributorService.contribute': 'backup brings what a portable snapshot holds',
  'ContributorService.listContributors': 'for services',
  'EnrolmentService.redeemEnrolmentToken': 'network asks while it enrolls a node',
  'EnrolmentService.renewNodeIdentity': "the supervisor, for this machine's own node",
  'EnrolmentService.revokeNode': 'network asks while it deletes a node',
  'KeyService.getDataKeys': 'for services',
  'KeysetService.exportKeyset': 'backup asks, for full backups',
  'KeysetService.getRecoveryRecipient': 'for services',
  'MuxService.connect': 'the stream between services',
  'ProofService.getAccessProof': 'documents are made of it (audit-documents.test.ts)',
  'ProofService.signAccessTombstone': 'backup asks when it gives up content',
  'ProofService.signManifest': 'backup asks when it writes a manifest',
  'ProofService.readEntries': 'bundles are made of it (audit-documents.test.ts)',
  'TableService.listTables': 'backup asks, for full backups',
  'TableService.readTable': 'backup asks, for full backups',
}

const id = 'f0b5a1de-0000-7000-8000-0000000000ff'
const auth = holdfast.auth.v1
const network = holdfast.network.v1
const policy = holdfast.rules.v1
const audit = holdfast.audit.v1
const backup = holdfast.backup.v1
const ops = holdfast.ops.v1
const notify = holdfast.notify.v1
const recoverer = new backup.Recipient({ recipient: 'age1x' })
const user = new auth.User({
  id,
  username: 'ada',
  revision: 3,
  bindings: [{ role: 2, organizationId: id }],
})
const organization = new auth.Organization({ id, name: 'Acme', revision: 3 })
const webhook = new notify.Webhook({ id, revision: 3, settings: { name: 'w' } })
const location = new backup.StorageLocation({
  id,
  revision: 3,
  settings: { name: 'offsite', kind: 's3', config: '{"bucket":"b"}' },
})
const schedule = new backup.Schedule({ id, revision: 3, settings: { name: 'nightly', kind: 1 } })
const site = new auth.Site({ id, name: 'Berlin', revision: 3 })
const node = new network.Node({ id, name: 'gw', revision: 3 })
const wg0 = new network.Interface({ id, name: 'wg0', revision: 3 })
const rule = new policy.Rule({
  id,
  organizationId: id,
  revision: 3,
  settings: { name: 'block', action: 2, isActive: true },
})
const draft = new policy.ChangeSet({ id, organizationId: id, name: 'draft' })
const ruleSet = new policy.RuleSet({ organizationId: id })
const sentence = new policy.PolicyTest({ id, name: 'never' })
const flow = new audit.Flow({ id, organizationId: id, nodeId: id, record: { packets: 1 } })
const checkpoint = new audit.Checkpoint({
  size: 7,
  note: 'holdfast/x/1\n7\n',
  root: Buffer.alloc(32),
})
const entryProof = new audit.GetEntryProofResponse({
  entry: {
    sequence: 7,
    subject: 'evt.network.interface.x.y',
    messageId: id,
    payload: Buffer.of(1),
  },
  checkpoint,
  commit: { actor: { kind: 1, id }, events: [{ type: 'InterfaceCreated' }] },
})
const auditEntry = new audit.Entry({
  trail: 1,
  sequence: 7,
  action: 'network.peer.created',
  result: 1,
  actor: { kind: 'user', id },
  target: { kind: 'peer', id, name: 'laptop' },
  changes: [{ event: 'PeerAdded', action: 'network.peer.created', target: { kind: 'peer', id } }],
})
const tokens = { accessToken: 'a', refreshToken: 'r', expiresInSeconds: 900 }
const config = { peerId: id, peerName: 'laptop', interfaceName: 'wg0', config: '[Interface]\n' }

// Answers are message instances, as the client decodes them: fields nobody set hold their defaults.
const by = { sequence: 7, atUnixMs: 1, actor: { kind: 'service', id: 'rules' } }

// Without its code: the test below takes a body with one for a problem.
const alert = () => new notify.Alert({ id, severity: 4, state: 1, title: 'x', count: 1 })
const alertRule = () => new notify.AlertRule({ id, settings: { name: 'r', severity: 2 } })
const subscriber = () => new auth.Subscriber({ id, name: 'siem', consumer: `subscriber-${id}` })

const fakes = {
  ...backupFakes,
  ...restoreFakes,
  ...rootKeyFakes,
  auth: {
    login: async () => new auth.LoginResponse({ tokens }),
    refresh: async () => new auth.RefreshResponse({ tokens }),
    logout: async () => new auth.LogoutResponse(),
    changePassword: async () => new auth.ChangePasswordResponse(),
    getMe: async () =>
      new auth.GetMeResponse({ user, sessionId: id, permissions: { '*': { codes: ['x.y'] } } }),
  },
  users: {
    createUser: async () => new auth.CreateUserResponse({ user, generatedPassword: 'once' }),
    getUser: async () => new auth.GetUserResponse({ user }),
    listUsers: async () => new auth.ListUsersResponse({ users: [user] }),
    grantRole: async () => new auth.GrantRoleResponse({ user }),
    revokeRole: async () => new auth.RevokeRoleResponse({ user }),
    setUserDisabled: async () => new auth.SetUserDisabledResponse({ user }),
    eraseUser: async () => new auth.EraseUserResponse(),
    nameUsers: async () => new auth.NameUsersResponse({ names: [{ userId: id, username: 'ada' }] }),
  },
  alerts: {
    listAlerts: async () => new notify.ListAlertsResponse({ alerts: [alert()], open: 1 }),
    getAlert: async () => new notify.GetAlertResponse({ alert: alert() }),
    acknowledgeAlert: async () => new notify.AcknowledgeAlertResponse({ alert: alert() }),
    resolveAlert: async () => new notify.ResolveAlertResponse({ alert: alert() }),
    listAlertRules: async () =>
      new notify.ListAlertRulesResponse({ rules: [alertRule()], watching: 1 }),
    getAlertRule: async () => new notify.GetAlertRuleResponse({ rule: alertRule() }),
    createAlertRule: async () => new notify.CreateAlertRuleResponse({ rule: alertRule() }),
    updateAlertRule: async () => new notify.UpdateAlertRuleResponse({ rule: alertRule() }),
    deleteAlertRule: async () => new notify.DeleteAlertRuleResponse(),
    testMail: async () => new notify.TestMailResponse({ answer: '250 OK' }),
  },
  subscribers: {
    createSubscriber: async () =>
      new auth.CreateSubscriberResponse({
        subscriber: subscriber(),
        credentials: 'c',
        servers: ['tls://x:1'],
      }),
    listSubscribers: async () => new auth.ListSubscribersResponse({ subscribers: [subscriber()] }),
    rotateSubscriber: async () =>
      new auth.RotateSubscriberResponse({ subscriber: subscriber(), credentials: 'c' }),
    revokeSubscriber: async () => new auth.RevokeSubscriberResponse(),
  },
  webhooks: {
    createWebhook: async () => new notify.CreateWebhookResponse({ webhook, secret: 'whsec_x' }),
    getWebhook: async () => new notify.GetWebhookResponse({ webhook }),
    listWebhooks: async () => new notify.ListWebhooksResponse({ webhooks: [webhook] }),
    updateWebhook: async () => new notify.UpdateWebhookResponse({ webhook }),
    rotateWebhookSecret: async () =>
      new notify.RotateWebhookSecretResponse({ webhook, secret: 'whsec_y' }),
    deleteWebhook: async () => new notify.DeleteWebhookResponse(),
    testWebhook: async () => new notify.TestWebhookResponse({ attempt: { status: 204 } }),
    listDeliveries: async () =>
      new notify.ListDeliveriesResponse({ deliveries: [{ id, webhookId: id, state: 1 }] }),
    replayDeliveries: async () => new notify.ReplayDeliveriesResponse({ count: 2 }),
  },
  organizations: {
    createOrganization: async () => new auth.CreateOrganizationResponse({ organization }),
    getOrganization: async () => new auth.GetOrganizationResponse({ organization }),
    listOrganizations: async () =>
      new auth.ListOrganizationsResponse({ organizations: [organization] }),
    updateOrganization: async () => new auth.UpdateOrganizationResponse({ organization }),
    deleteOrganization: async () => new auth.DeleteOrganizationResponse(),
    createSite: async () => new auth.CreateSiteResponse({ site }),
    getSite: async () => new auth.GetSiteResponse({ site }),
    listSites: async () => new auth.ListSitesResponse({ sites: [site] }),
    updateSite: async () => new auth.UpdateSiteResponse({ site }),
    deleteSite: async () => new auth.DeleteSiteResponse(),
  },
  enrolment: {
    createEnrolmentToken: async () =>
      new auth.CreateEnrolmentTokenResponse({ token: 't', expiresAtUnixMs: 1, organizationId: id }),
  },
  nodes: {
    enrollNode: async () => new network.EnrollNodeResponse({ nodeId: id, generation: 1 }),
    getNode: async () => new network.GetNodeResponse({ node }),
    listNodes: async () => new network.ListNodesResponse({ nodes: [node] }),
    updateNode: async () => new network.UpdateNodeResponse({ node }),
    deleteNode: async () => new network.DeleteNodeResponse(),
  },
  interfaces: {
    createInterface: async () => new network.CreateInterfaceResponse({ interface: wg0 }),
    getInterface: async () => new network.GetInterfaceResponse({ interface: wg0 }),
    listInterfaces: async () => new network.ListInterfacesResponse({ interfaces: [wg0] }),
    updateInterface: async () => new network.UpdateInterfaceResponse({ interface: wg0 }),
    deleteInterface: async () => new network.DeleteInterfaceResponse(),
    rotateInterfaceKey: async () => new network.RotateInterfaceKeyResponse({ interface: wg0 }),
    importInterface: async () =>
      new network.ImportInterfaceResponse({ interface: wg0, name: 'wg0' }),
    exportInterface: async () =>
      new network.ExportInterfaceResponse({ name: 'wg0', config: '[Interface]\n' }),
  },
  peers: {
    createPeer: async () => new network.CreatePeerResponse({ peer: aPeer }),
    getPeer: async () => new network.GetPeerResponse({ peer: aPeer }),
    listPeers: async () => new network.ListPeersResponse({ peers: [aPeer] }),
    updatePeer: async () => new network.UpdatePeerResponse({ peer: aPeer }),
    deletePeer: async () => new network.DeletePeerResponse(),
    getPeerConfig: async () => new network.GetPeerConfigResponse(config),
    rotatePeerKey: async () => new network.RotatePeerKeyResponse({ peer: aPeer }),
    rotatePeerPresharedKey: async () => new network.RotatePeerPresharedKeyResponse({ peer: aPeer }),
  },
  rules: {
    createRule: async () => new policy.CreateRuleResponse({ rule }),
    getRule: async () => new policy.GetRuleResponse({ rule }),
    listRules: async () => new policy.ListRulesResponse({ rules: [rule] }),
    updateRule: async () => new policy.UpdateRuleResponse({ rule }),
    deleteRule: async () => new policy.DeleteRuleResponse(),
    importRules: async () => new policy.ImportRulesResponse({ created: 1 }),
    reorderRules: async () => new policy.ReorderRulesResponse(),
    listRuleChanges: async () => new policy.ListRuleChangesResponse(),
    undoRuleChange: async () => new policy.UndoRuleChangeResponse({ updated: 1 }),
    getRuleSet: async () => new policy.GetRuleSetResponse({ ruleSet }),
    updateRuleSet: async () => new policy.UpdateRuleSetResponse({ ruleSet }),
  },
  changeSets: {
    openChangeSet: async () => new policy.OpenChangeSetResponse({ changeSet: draft }),
    stageChangeSet: async () => new policy.StageChangeSetResponse({ changeSet: draft }),
    getChangeSet: async () => new policy.GetChangeSetResponse({ changeSet: draft }),
    listChangeSets: async () => new policy.ListChangeSetsResponse({ changeSets: [draft] }),
    discardChangeSet: async () => new policy.DiscardChangeSetResponse(),
    applyChangeSet: async () => new policy.ApplyChangeSetResponse({ applyId: id }),
    confirmChangeSet: async () => new policy.ConfirmChangeSetResponse({ applyId: id }),
    revertChangeSet: async () => new policy.RevertChangeSetResponse({ applyId: id }),
  },
  policy: {
    simulatePackets: async () => new policy.SimulatePacketsResponse({ verdicts: [{}] }),
    dryRunChange: async () => new policy.DryRunChangeResponse(),
    analyzeRules: async () => new policy.AnalyzeRulesResponse(),
    explainFlow: async () => new policy.ExplainFlowResponse({ verdict: {} }),
    getNodePolicy: async () => new policy.GetNodePolicyResponse({ devices: [{ device: 'wg0' }] }),
    savePolicyTest: async () => new policy.SavePolicyTestResponse({ test: sentence }),
    deletePolicyTest: async () => new policy.DeletePolicyTestResponse(),
    listPolicyTests: async () => new policy.ListPolicyTestsResponse({ tests: [sentence] }),
    runPolicyTests: async () =>
      new policy.RunPolicyTestsResponse({ results: [{ test: sentence, isPassed: true }] }),
  },
  proofs: {
    getCheckpoint: async () => new audit.GetCheckpointResponse({ checkpoint }),
    listCheckpoints: async () => new audit.ListCheckpointsResponse({ checkpoints: [checkpoint] }),
    signCheckpoint: async () => new audit.SignCheckpointResponse({ checkpoint }),
    getEntryProof: async () => entryProof,
    listAccessEpochs: async () =>
      new audit.ListAccessEpochsResponse({ epochs: [{ epoch: '1780000000000-1', checkpoint }] }),
    getConsistencyProof: async () => new audit.GetConsistencyProofResponse({ toSize: 7 }),
    listSigningKeys: async () => new audit.ListSigningKeysResponse({ keys: [{ isActive: true }] }),
    rotateSigningKey: async () => new audit.RotateSigningKeyResponse({ key: { isActive: true } }),
    listWitnesses: async () => new audit.ListWitnessesResponse({ witnesses: [{ nodeId: id }] }),
  },
  snapshots: {
    exportSnapshot: async () =>
      new backup.ExportSnapshotResponse({ exportId: id, fileName: 'holdfast-x.hfsnap', bytes: 3 }),
    readExport: async () => new backup.ReadExportResponse({ data: Buffer.from('abc') }),
    putImport: async () => new backup.PutImportResponse({ received: 3 }),
    inspectImport: async () => new backup.InspectImportResponse({ header: '{}' }),
    runImport: async () => new backup.RunImportResponse({ import: { id, status: 'running' } }),
    getImport: async () => new backup.GetImportResponse({ import: { id, status: 'completed' } }),
    listImports: async () => new backup.ListImportsResponse({ imports: [{ id }] }),
    listImportRecords: async () =>
      new backup.ListImportRecordsResponse({ records: [{ name: 'berlin', outcome: 'created' }] }),
  },
  archive: {
    getLogState: async () => new backup.GetLogStateResponse({ state: { writes: 1 } }),
    verifyLog: async () => new backup.VerifyLogResponse({ isEqual: true }),
    repairLog: async () => new backup.RepairLogResponse({ state: { writes: 1 } }),
  },
  storage: {
    listStorageKinds: async () =>
      new backup.ListStorageKindsResponse({
        kinds: [{ kind: 's3', fields: [{ name: 'region', type: 'text', default: '"x"' }] }],
      }),
    createStorageLocation: async () => new backup.CreateStorageLocationResponse({ location }),
    getStorageLocation: async () => new backup.GetStorageLocationResponse({ location }),
    listStorageLocations: async () =>
      new backup.ListStorageLocationsResponse({ locations: [location] }),
    updateStorageLocation: async () => new backup.UpdateStorageLocationResponse({ location }),
    deleteStorageLocation: async () => new backup.DeleteStorageLocationResponse(),
    testStorageLocation: async () =>
      new backup.TestStorageLocationResponse({ isGood: true, steps: [{ step: 'connect' }] }),
  },
  schedules: {
    createSchedule: async () => new backup.CreateScheduleResponse({ schedule }),
    getSchedule: async () => new backup.GetScheduleResponse({ schedule }),
    listSchedules: async () => new backup.ListSchedulesResponse({ schedules: [schedule] }),
    updateSchedule: async () => new backup.UpdateScheduleResponse({ schedule }),
    toggleSchedule: async () => new backup.ToggleScheduleResponse({ schedule }),
    deleteSchedule: async () => new backup.DeleteScheduleResponse(),
    previewSchedule: async () => new backup.PreviewScheduleResponse({ slotsUnixMs: [1] }),
  },
  recovery: {
    listRecipients: async () => new backup.ListRecipientsResponse({ recipients: [recoverer] }),
    addRecipient: async () =>
      new backup.AddRecipientResponse({ recipient: recoverer, challenge: 'x' }),
    proveRecipient: async () => new backup.ProveRecipientResponse({ recipient: recoverer }),
    removeRecipient: async () => new backup.RemoveRecipientResponse({ recipient: recoverer }),
    reviewKeys: async () => new backup.ReviewKeysResponse({ reviewDueAtUnixMs: 1 }),
    getOffsiteState: async () =>
      new backup.GetOffsiteStateResponse({ locations: [{ state: 'idle' }] }),
    verifyOffsite: async () => new backup.VerifyOffsiteResponse(),
  },
  readModels: {
    listReadModels: async () => [
      {
        service: 'network',
        answer: new ops.ListReadModelsResponse({ readModels: [{ name: 'network.peers' }] }),
      },
    ],
    checkReadModels: async () => [
      { service: 'network', answer: new ops.CheckReadModelsResponse({ checkId: id }) },
    ],
    getCheck: async () => [{ service: 'network', answer: new ops.GetCheckResponse() }],
  },
  entries: {
    listEntries: async () => new audit.ListEntriesResponse({ entries: [auditEntry] }),
    getEntry: async () => new audit.GetEntryResponse({ entry: auditEntry }),
    exportEntries: async () => new audit.ExportEntriesResponse({ entries: [auditEntry] }),
  },
  history: {
    listVersions: async () =>
      new audit.ListVersionsResponse({ versions: [{ number: 1, kind: 'created', by }] }),
    getBlame: async () =>
      new audit.GetBlameResponse({ fields: [{ field: 'settings.name', value: '"wg0"', by }] }),
  },
  flows: {
    listFlows: async () => new audit.ListFlowsResponse({ flows: [flow] }),
    getFlow: async () => new audit.GetFlowResponse({ flow }),
    summarizeFlows: async () =>
      new audit.SummarizeFlowsResponse({ flows: [{ flow, records: 2 }], coverage: ['all'] }),
  },
}

const recoverers = '/backups/recovery/recipients'
const key = Buffer.alloc(32, 7).toString('base64')
const password = 'correct horse battery staple'

/** Method, path below /api/v1, body, the rpc it must reach, the status. */
const routes: readonly (readonly [InjectOptions['method'], string, unknown, string, number])[] = [
  ['GET', recoverers, undefined, 'recovery.listRecipients', 200],
  ['POST', recoverers, { recipient: 'age1x' }, 'recovery.addRecipient', 201],
  ['POST', `${recoverers}/age1x/prove`, { answer: 'a' }, 'recovery.proveRecipient', 200],
  ['DELETE', `${recoverers}/age1x`, undefined, 'recovery.removeRecipient', 200],
  ['POST', '/backups/recovery/review', { note: 'n' }, 'recovery.reviewKeys', 200],
  ['GET', '/backups/offsite', undefined, 'recovery.getOffsiteState', 200],
  ['POST', '/backups/offsite/nas/verify', undefined, 'recovery.verifyOffsite', 204],
  ['POST', '/auth/login', { username: 'ada', password }, 'auth.login', 200],
  ['POST', '/auth/refresh', { refresh_token: 'r' }, 'auth.refresh', 200],
  ['POST', '/auth/logout', undefined, 'auth.logout', 204],
  [
    'POST',
    '/auth/password',
    { current_password: password, new_password: password },
    'auth.changePassword',
    204,
  ],
  ['GET', '/auth/me', undefined, 'auth.getMe', 200],
  ['GET', '/organizations', undefined, 'organizations.listOrganizations', 200],
  ['POST', '/organizations', { name: 'Acme' }, 'organizations.createOrganization', 201],
  ['GET', '/organizations/Acme', undefined, 'organizations.getOrganization', 200],
  ['PATCH', '/organizations/Acme', { name: 'A' }, 'organizations.updateOrganization', 200],
  ['DELETE', '/organizations/Acme', undefined, 'organizations.deleteOrganization', 204],
  ['GET', '/sites?organization=Acme', undefined, 'organizations.listSites', 200],
  ['POST', '/sites', { name: 'Berlin', organization: 'Acme' }, 'organizations.createSite', 201],
  ['GET', '/sites/Berlin', undefined, 'organizations.getSite', 200],
  ['GET', '/alerts?state=open&severity=error', undefined, 'alerts.listAlerts', 200],
  ['GET', `/alerts/${id}`, undefined, 'alerts.getAlert', 200],
  ['POST', `/alerts/${id}/acknowledge`, { note: 'mine' }, 'alerts.acknowledgeAlert', 200],
  ['POST', `/alerts/${id}/resolve`, {}, 'alerts.resolveAlert', 200],
  ['GET', '/alert-rules', undefined, 'alerts.listAlertRules', 200],
  ['GET', '/alert-rules/r', undefined, 'alerts.getAlertRule', 200],
  [
    'POST',
    '/alert-rules',
    { name: 'r', severity: 'error', alarms: ['log'] },
    'alerts.createAlertRule',
    201,
  ],
  ['PATCH', '/alert-rules/r', { threshold: 5 }, 'alerts.updateAlertRule', 200],
  ['DELETE', '/alert-rules/r', undefined, 'alerts.deleteAlertRule', 204],
  ['POST', '/alert-rules/test-mail', { to: 'ops@example.org' }, 'alerts.testMail', 200],
  ['PATCH', '/sites/Berlin', { name: 'B' }, 'organizations.updateSite', 200],
  ['DELETE', '/sites/Berlin', undefined, 'organizations.deleteSite', 204],
  ['GET', '/users', undefined, 'users.listUsers', 200],
  [
    'POST',
    '/users',
    { username: 'ada', email: 'a@b', bindings: [{ role: 'viewer', organization_id: 'Acme' }] },
    'users.createUser',
    201,
  ],
  ['GET', '/users/ada', undefined, 'users.getUser', 200],
  ['POST', `/users/${id}/erase`, { confirm_username: 'ada' }, 'users.eraseUser', 204],
  ['POST', '/users/names', { user_ids: [id] }, 'users.nameUsers', 200],
  ['GET', '/subscribers', undefined, 'subscribers.listSubscribers', 200],
  ['POST', '/subscribers', { name: 'siem' }, 'subscribers.createSubscriber', 201],
  ['POST', `/subscribers/${id}/rotate`, undefined, 'subscribers.rotateSubscriber', 200],
  ['DELETE', `/subscribers/${id}`, undefined, 'subscribers.revokeSubscriber', 204],
  ['GET', '/webhooks?organization=Acme', undefined, 'webhooks.listWebhooks', 200],
  ['POST', '/webhooks', { name: 'w', url: 'https://x.example' }, 'webhooks.createWebhook', 201],
  ['GET', '/webhooks/w', undefined, 'webhooks.getWebhook', 200],
  ['PATCH', '/webhooks/w', { alerts_from: null }, 'webhooks.updateWebhook', 200],
  ['DELETE', '/webhooks/w', undefined, 'webhooks.deleteWebhook', 204],
  ['POST', '/webhooks/w/rotate-secret', undefined, 'webhooks.rotateWebhookSecret', 200],
  ['POST', '/webhooks/w/test', undefined, 'webhooks.testWebhook', 200],
  ['GET', '/webhooks/w/deliveries?state=dead', undefined, 'webhooks.listDeliveries', 200],
  ['POST', '/webhooks/w/replay', undefined, 'webhooks.replayDeliveries', 200],
  ['PATCH', '/users/ada', { is_disabled: true }, 'users.setUserDisabled', 200],
  ['POST', '/users/ada/roles', { role: 'super_admin' }, 'users.grantRole', 200],
  ['DELETE', '/users/ada/roles/viewer?organization_id=Acme', undefined, 'users.revokeRole', 200],
  ['GET', '/nodes', undefined, 'nodes.listNodes', 200],
  ['POST', '/nodes/enroll-tokens', undefined, 'enrolment.createEnrolmentToken', 201],
  [
    'POST',
    '/nodes/enroll',
    { token: 't', enrolment_key: key, nats_public_key: 'U' },
    'nodes.enrollNode',
    201,
  ],
  ['GET', '/nodes/gw', undefined, 'nodes.getNode', 200],
  ['PATCH', '/nodes/gw', { site_id: null }, 'nodes.updateNode', 200],
  ['DELETE', '/nodes/gw', undefined, 'nodes.deleteNode', 204],
  ['GET', '/interfaces?node=gw', undefined, 'interfaces.listInterfaces', 200],
  [
    'POST',
    '/interfaces',
    { name: 'wg0', addresses: ['10.10.0.1/24'], listen_port: 51820 },
    'interfaces.createInterface',
    201,
  ],
  ['GET', '/interfaces/wg0', undefined, 'interfaces.getInterface', 200],
  ['PATCH', '/interfaces/wg0', { mtu: 1400 }, 'interfaces.updateInterface', 200],
  ['DELETE', '/interfaces/wg0', undefined, 'interfaces.deleteInterface', 204],
  ['POST', '/interfaces/wg0/rotate-key', {}, 'interfaces.rotateInterfaceKey', 200],
  ['GET', '/interfaces/wg0/export', undefined, 'interfaces.exportInterface', 200],
  ['GET', '/interfaces/wg0/peers', undefined, 'peers.listPeers', 200],
  ['POST', '/interfaces/wg0/peers', { name: 'laptop' }, 'peers.createPeer', 201],
  ['GET', '/peers?interface=wg0&status=new', undefined, 'peers.listPeers', 200],
  ['POST', '/peers', { interface: 'wg0', name: 'laptop' }, 'peers.createPeer', 201],
  ['GET', '/peers/laptop', undefined, 'peers.getPeer', 200],
  ['PATCH', '/peers/laptop', { expires_at: null }, 'peers.updatePeer', 200],
  ['DELETE', '/peers/laptop', undefined, 'peers.deletePeer', 204],
  ['GET', '/peers/laptop/config', undefined, 'peers.getPeerConfig', 200],
  ['GET', '/peers/laptop/config.png', undefined, 'peers.getPeerConfig', 200],
  ['GET', '/peers/laptop/config.svg', undefined, 'peers.getPeerConfig', 200],
  ['POST', '/peers/laptop/rotate-key', undefined, 'peers.rotatePeerKey', 200],
  [
    'POST',
    '/peers/laptop/rotate-psk',
    { preshared_key: null },
    'peers.rotatePeerPresharedKey',
    200,
  ],
  ['GET', '/rules?counters=true&action=deny', undefined, 'rules.listRules', 200],
  ['POST', '/rules', { name: 'block', action: 'deny' }, 'rules.createRule', 201],
  ['GET', '/rules/block', undefined, 'rules.getRule', 200],
  ['PATCH', '/rules/block', { dst_port_from: 22 }, 'rules.updateRule', 200],
  ['POST', '/rules/block/toggle', undefined, 'rules.updateRule', 200],
  ['DELETE', '/rules/block', undefined, 'rules.deleteRule', 204],
  ['GET', '/rules/block/history', undefined, 'rules.listRuleChanges', 200],
  ['GET', '/rule-changes', undefined, 'rules.listRuleChanges', 200],
  [
    'POST',
    '/rules/import',
    { mode: 'replace', rules: [{ name: 'block', action: 'deny' }] },
    'rules.importRules',
    200,
  ],
  [
    'POST',
    '/rules/reorder',
    { priorities: [{ rule: 'block', priority: 5 }] },
    'rules.reorderRules',
    204,
  ],
  ['POST', '/rules/undo', { sequence: '7' }, 'rules.undoRuleChange', 200],
  ['GET', '/rule-set', undefined, 'rules.getRuleSet', 200],
  ['PATCH', '/rule-set', { allow_lockout: true }, 'rules.updateRuleSet', 200],
  ['GET', '/change-sets', undefined, 'changeSets.listChangeSets', 200],
  [
    'POST',
    '/change-sets',
    { name: 'tighten', operations: [{ delete: { rule: 'block' } }] },
    'changeSets.openChangeSet',
    201,
  ],
  ['GET', `/change-sets/${id}`, undefined, 'changeSets.getChangeSet', 200],
  ['PUT', `/change-sets/${id}`, { operations: [] }, 'changeSets.stageChangeSet', 200],
  ['DELETE', `/change-sets/${id}`, undefined, 'changeSets.discardChangeSet', 204],
  [
    'POST',
    '/rules/apply',
    {
      operations: [{ update: { rule: 'block', changes: { active: false } } }],
      confirm_within_seconds: 60,
    },
    'changeSets.applyChangeSet',
    200,
  ],
  ['POST', '/rules/confirm', undefined, 'changeSets.confirmChangeSet', 200],
  ['POST', '/rules/revert', undefined, 'changeSets.revertChangeSet', 200],
  [
    'POST',
    '/rules/simulate',
    { interface: 'wg0', packet: { src: '10.0.0.1', dst: '10.0.0.2', dst_port: 22 } },
    'policy.simulatePackets',
    200,
  ],
  ['POST', '/rules/dry-run', { change_set: id }, 'policy.dryRunChange', 200],
  ['POST', '/rules/why', { flow_id: 'f' }, 'policy.explainFlow', 200],
  ['GET', '/rule-findings', undefined, 'policy.analyzeRules', 200],
  ['GET', '/nodes/gw/policy', undefined, 'policy.getNodePolicy', 200],
  ['GET', '/policy-tests', undefined, 'policy.listPolicyTests', 200],
  ['POST', '/policy-tests', { name: 'never', expect: 'drop' }, 'policy.savePolicyTest', 201],
  ['PUT', `/policy-tests/${id}`, { name: 'never', expect: 'drop' }, 'policy.savePolicyTest', 200],
  ['DELETE', `/policy-tests/${id}`, undefined, 'policy.deletePolicyTest', 204],
  ['POST', '/policy-tests/run', undefined, 'policy.runPolicyTests', 200],
  ['GET', '/flows?peer=laptop&rule=block&verdict=drop&port=22', undefined, 'flows.listFlows', 200],
  ['GET', '/flows/summary?from=2026-11-20T09:30:00Z', undefined, 'flows.summarizeFlows', 200],
  ['GET', '/audit/checkpoint', undefined, 'proofs.getCheckpoint', 200],
  ['GET', '/audit/checkpoints?limit=500', undefined, 'proofs.listCheckpoints', 200],
  ['POST', '/audit/checkpoints', undefined, 'proofs.signCheckpoint', 200],
  ['GET', '/audit/consistency?from=3&to=7', undefined, 'proofs.getConsistencyProof', 200],
  ['GET', '/audit/log/7', undefined, 'proofs.getEntryProof', 200],
  ['GET', '/audit?action=network.peer&result=success&q=lap', undefined, 'entries.listEntries', 200],
  ['GET', '/audit/access/7', undefined, 'entries.getEntry', 200],
  ['GET', '/audit/export?format=csv', undefined, 'entries.exportEntries', 200],
  ['GET', '/audit/access/trees', undefined, 'proofs.listAccessEpochs', 200],
  ['GET', '/history/laptop?kind=peer&limit=5', undefined, 'history.listVersions', 200],
  ['GET', '/blame/laptop?kind=peer', undefined, 'history.getBlame', 200],
  ['GET', '/audit/keys', undefined, 'proofs.listSigningKeys', 200],
  ['POST', '/audit/keys/rotate', undefined, 'proofs.rotateSigningKey', 200],
  ['GET', '/audit/witnesses', undefined, 'proofs.listWitnesses', 200],
  [`GET`, `/flows/${id}`, undefined, 'flows.getFlow', 200],
  ['GET', '/backups/storage-locations/types/supported', undefined, 'storage.listStorageKinds', 200],
  ['GET', '/backups/storage-locations?kind=s3', undefined, 'storage.listStorageLocations', 200],
  [
    'POST',
    '/backups/storage-locations',
    { name: 'offsite', kind: 's3', config: { bucket: 'b' }, credentials: { access_key_id: 'a' } },
    'storage.createStorageLocation',
    201,
  ],
  ['GET', '/backups/storage-locations/offsite', undefined, 'storage.getStorageLocation', 200],
  [
    'PATCH',
    '/backups/storage-locations/offsite',
    { config: { prefix: null } },
    'storage.updateStorageLocation',
    200,
  ],
  ['DELETE', '/backups/storage-locations/offsite', undefined, 'storage.deleteStorageLocation', 204],
  [
    'POST',
    '/backups/storage-locations/offsite/test',
    undefined,
    'storage.testStorageLocation',
    200,
  ],
  ['GET', '/backups/schedules', undefined, 'schedules.listSchedules', 200],
  [
    'POST',
    '/backups/schedules',
    { name: 'nightly', cron_expression: '0 2 * * *' },
    'schedules.createSchedule',
    201,
  ],
  [
    'GET',
    '/backups/schedules/preview?cron_expression=0%202%20*%20*%20*',
    undefined,
    'schedules.previewSchedule',
    200,
  ],
  ['GET', '/backups/schedules/nightly', undefined, 'schedules.getSchedule', 200],
  [
    'PUT',
    '/backups/schedules/nightly',
    { name: 'nightly', cron_expression: '0 3 * * *' },
    'schedules.updateSchedule',
    200,
  ],
  [
    'POST',
    '/backups/schedules/nightly/toggle',
    { is_enabled: false },
    'schedules.toggleSchedule',
    200,
  ],
  ['DELETE', '/backups/schedules/nightly', undefined, 'schedules.deleteSchedule', 204],
  ['GET', '/backups/export?compress=false', undefined, 'snapshots.readExport', 200],
  [
    'POST',
    '/backups/export',
    { organization_id: id, include_users: false, passphrase: 'correct horse battery' },
    'snapshots.readExport',
    200,
  ],
  ['GET', '/backups/imports', undefined, 'snapshots.listImports', 200],
  ['GET', `/backups/imports/${id}`, undefined, 'snapshots.getImport', 200],
  [
    'GET',
    `/backups/imports/${id}/records?outcome=refused`,
    undefined,
    'snapshots.listImportRecords',
    200,
  ],
  ['POST', `/backups/imports/${id}/run`, { dry_run: false }, 'snapshots.runImport', 202],
  ['GET', '/operator/read-models', undefined, 'readModels.listReadModels', 200],
  ['POST', '/operator/read-models/check', undefined, 'readModels.checkReadModels', 202],
  ['GET', '/operator/read-models/check', undefined, 'readModels.getCheck', 200],
  ['GET', '/operator/log', undefined, 'archive.getLogState', 200],
  ['POST', '/operator/log/verify', undefined, 'archive.verifyLog', 200],
  [
    'POST',
    '/operator/log/repair',
    { first_bad_sequence: '7', trusted: 'archive' },
    'archive.repairLog',
    200,
  ],
  ...backupRows,
  ...restoreRows,
  ...rootKeyRows,
]

const called = (calls: readonly SeenCall[]) => calls.map(({ method }) => method)

let gateway: FakeGateway
beforeAll(async () => {
  gateway = await fakeGateway(fakes)
})
beforeEach(() => {
  gateway.calls.length = 0
})

test.each(routes)('%s %s', async (method, path, payload, rpc, status) => {
  const { app, calls } = gateway
  const answer = await app.inject({
    ...(method === undefined ? {} : { method }),
    url: `/api/v1${path}`,
    headers: bearer(),
    ...(payload === undefined ? {} : { payload: payload as object }),
  })
  expect(answer.body).not.toMatch(/"code":"[a-z]/)
  expect(answer.statusCode).toBe(status)
  expect(called(calls).at(-1)).toBe(rpc)
})

test('a file is imported as text', async () => {
  const { app, calls } = gateway
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/interfaces/import?name=wg0&dry_run=false',
    headers: { ...bearer(), 'content-type': 'text/plain' },
    payload: '[Interface]\nPrivateKey = …\n',
  })
  expect(answer.statusCode).toBe(201)
  expect(answer.headers.location).toBe(`/api/v1/interfaces/${id}`)
  expect(calls[0]?.request).toEqual({
    config: '[Interface]\nPrivateKey = …\n',
    name: 'wg0',
    node: '',
    dryRun: false,
  })
})

/** Forms, and what comes before a file: routes/snapshots.test.ts. */
const inForms = ['snapshots.exportSnapshot', 'snapshots.putImport', 'snapshots.inspectImport']
/** Asked together: routes/diff.test.ts. */
const inDiff = ['policy.compareAccess', 'history.diffObjects']

test('every rpc is reachable, or listed with the reason', () => {
  const names: Readonly<Record<string, string>> = {
    auth: 'AuthService',
    users: 'UserService',
    alerts: 'AlertService',
    subscribers: 'SubscriberService',
    organizations: 'OrganizationService',
    enrolment: 'EnrolmentService',
    nodes: 'NodeService',
    interfaces: 'InterfaceService',
    peers: 'PeerService',
    rules: 'RuleService',
    changeSets: 'ChangeSetService',
    policy: 'PolicyService',
    flows: 'FlowService',
    proofs: 'ProofService',
    entries: 'EntryService',
    history: 'HistoryService',
    archive: 'ArchiveService',
    readModels: 'ReadModelService',
    snapshots: 'SnapshotService',
    webhooks: 'WebhookService',
    storage: 'StorageService',
    schedules: 'ScheduleService',
    recovery: 'RecoveryService',
    ...backupServices,
    ...restoreServices,
    ...rootKeyServices,
  }
  const reached = new Set(
    [...routes.map(([, , , rpc]) => rpc), 'interfaces.importInterface', ...inDiff, ...inForms].map(
      (rpc) => {
        const [client = '', method] = rpc.split('.')
        return `${names[client]}.${method}`
      },
    ),
  )
  const all = Object.entries(services).flatMap(([name, table]) =>
    Object.keys(table).map((method) => `${name}.${method}`),
  )
  expect(all.filter((rpc) => !reached.has(rpc)).sort()).toEqual(Object.keys(notForHttp).sort())
})

test('every route says what it is and who may call it', async () => {
  const seen: RouteOptions[] = []
  const { app } = await fakeGateway(fakes, {
    onRoute: (route) => seen.push(route),
  })
  await app.ready()
  const ours = seen.filter(
    (route) => route.url.startsWith('/api/v1/') && !route.url.startsWith('/api/v1/docs'),
  )
  expect(ours.length).toBeGreaterThan(40)
  const operations = new Set<string>()
  for (const route of ours.filter(({ method }) => method !== 'HEAD')) {
    const { schema, config } = route
    const at = `${route.method} ${route.url}`
    expect(schema?.operationId, at).toMatch(/^[a-z][A-Za-z]+$/)
    expect(operations.has(schema?.operationId ?? ''), `${at} shares its operationId`).toBe(false)
    operations.add(schema?.operationId ?? '')
    expect(schema?.summary, at).toBeTruthy()
    expect(schema?.tags, at).toHaveLength(1)
    expect(schema?.response, at).toBeTruthy()
    // Open to anybody exactly where the document says so.
    expect(schema?.security, at).toEqual(config?.isPublic === true ? [] : [{ bearer: [] }])
    for (const part of [schema?.body, schema?.querystring, schema?.params]) {
      if (part !== undefined) expect(part, at).toMatchObject({ additionalProperties: false })
    }
  }
})

test('nothing but what is meant for anybody answers without a token', async () => {
  const { app, calls } = gateway
  for (const [method, path, payload] of routes) {
    const answer = await app.inject({
      ...(method === undefined ? {} : { method }),
      url: `/api/v1${path}`,
      ...(payload === undefined ? {} : { payload: payload as object }),
    })
    const open = ['/auth/login', '/auth/refresh', '/nodes/enroll']
    const isOpen = [...open, '/operator/seal', '/operator/seal/unseal'].includes(path)
    expect(answer.statusCode === 401, `${method} ${path}`).toBe(!isOpen)
  }
  expect(called(calls)).toEqual([
    'auth.login',
    'auth.refresh',
    'nodes.enrollNode',
    'seal.getSeal',
    'seal.unseal',
  ])
})
