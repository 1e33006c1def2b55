import {
  ArchiveService,
  AuthService,
  ChangeSetService,
  EnrolmentService,
  FlowService,
  InterfaceService,
  type MethodTable,
  NodeService,
  OrganizationService,
  PeerService,
  PolicyService,
  ProofService,
  RuleService,
  UserService,
} from '@holdfast/proto'
import type { Client } from '@holdfast/service'

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
  readonly archive: Client<typeof ArchiveService>
}

export const openClients = (connect: <T extends MethodTable>(table: T) => Client<T>): Clients => ({
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
  archive: connect(ArchiveService),
})
