import {
  AlertService,
  ArchiveService,
  AuthService,
  BackupService,
  ChangeSetService,
  EnrolmentService,
  EntryService,
  FlowService,
  HistoryService,
  InterfaceService,
  type MethodTable,
  NodeService,
  OrganizationService,
  PeerService,
  PolicyService,
  ProofService,
  ReadModelService,
  RecoveryService,
  RestoreJobService,
  RestoreService,
  RootKeyService,
  RuleService,
  ScheduleService,
  SealService,
  SnapshotService,
  StorageService,
  SubscriberService,
  UserService,
  ValidationService,
  WebhookService,
} from '@holdfast/proto'
import type { Client, GrpcServiceName } from '@holdfast/service'
import { type EveryService, everyService } from './every-service.ts'

/** The services behind the gateway. */
export interface Clients {
  readonly auth: Client<typeof AuthService>
  readonly users: Client<typeof UserService>
  readonly organizations: Client<typeof OrganizationService>
  readonly enrolment: Client<typeof EnrolmentService>
  readonly nodes: Client<typeof NodeService>
  readonly interfaces: Client<typeof InterfaceService>
  readonly peers: Client<typeof PeerService>
  readonly rules: Client<typeof RuleService>
  readonly changeSets: Client<typeof ChangeSetService>
  readonly policy: Client<typeof PolicyService>
  readonly flows: Client<typeof FlowService>
  readonly proofs: Client<typeof ProofService>
  readonly entries: Client<typeof EntryService>
  readonly history: Client<typeof HistoryService>
  readonly archive: Client<typeof ArchiveService>
  readonly storage: Client<typeof StorageService>
  readonly backups: Client<typeof BackupService>
  readonly schedules: Client<typeof ScheduleService>
  readonly snapshots: Client<typeof SnapshotService>
  readonly restoreJobs: Client<typeof RestoreJobService>
  readonly validations: Client<typeof ValidationService>
  readonly recovery: Client<typeof RecoveryService>
  readonly restores: Client<typeof RestoreService>
  readonly webhooks: Client<typeof WebhookService>
  readonly alerts: Client<typeof AlertService>
  readonly subscribers: Client<typeof SubscriberService>
  readonly rootKeys: Client<typeof RootKeyService>
  readonly seal: Client<typeof SealService>
  readonly readModels: EveryService<typeof ReadModelService>
}

/** Those with read models. */
const databaseServices = ['auth', 'network', 'rules', 'audit', 'backup', 'notify'] as const

export const openClients = (
  connect: <T extends MethodTable>(table: T, service?: GrpcServiceName) => Client<T>,
): Clients => ({
  auth: connect(AuthService),
  users: connect(UserService),
  organizations: connect(OrganizationService),
  enrolment: connect(EnrolmentService),
  nodes: connect(NodeService),
  interfaces: connect(InterfaceService),
  peers: connect(PeerService),
  rules: connect(RuleService),
  changeSets: connect(ChangeSetService),
  policy: connect(PolicyService),
  flows: connect(FlowService),
  proofs: connect(ProofService),
  entries: connect(EntryService),
  history: connect(HistoryService),
  archive: connect(ArchiveService),
  storage: connect(StorageService),
  backups: connect(BackupService),
  schedules: connect(ScheduleService),
  snapshots: connect(SnapshotService),
  restoreJobs: connect(RestoreJobService),
  validations: connect(ValidationService),
  recovery: connect(RecoveryService),
  restores: connect(RestoreService),
  webhooks: connect(WebhookService),
  alerts: connect(AlertService),
  subscribers: connect(SubscriberService),
  rootKeys: connect(RootKeyService),
  seal: connect(SealService),
  readModels: everyService(
    Object.fromEntries(databaseServices.map((name) => [name, connect(ReadModelService, name)])),
    ReadModelService,
  ),
})
