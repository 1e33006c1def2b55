import swagger from '@fastify/swagger'
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { Me, Tokens } from '../routes/auth.ts'
import { EnrollToken, Enrolment } from '../routes/nodes.ts'
import { Ready } from '../routes/system.ts'
import { Import } from '../routes/wg-quick.ts'
import { version } from '../version.ts'
import { Alert, AlertRule } from '../views/alert.ts'
import { AccessTree, Checkpoint, ConsistencyProof, SigningKey, Witness } from '../views/audit.ts'
import { AuditAction, AuditEntry, AuditEntryDetail, LogEntry } from '../views/audit-entry.ts'
import { backupComponents } from '../views/backup.ts'
import { BackupValidation, BackupValidationRun, RestoreJob } from '../views/backup-restore.ts'
import { BackupSchedule } from '../views/backup-schedule.ts'
import { Applied, ChangeSet, RuleSet } from '../views/change-set.ts'
import { AccessDifference, DiffCount, ObjectDiff } from '../views/diff.ts'
import { FirewallSettings, Uplink } from '../views/firewall.ts'
import { Flow, FlowSummaries, FlowSummary } from '../views/flow.ts'
import { Authorship, Blame, HistoryTarget, Version } from '../views/history.ts'
import { Interface } from '../views/interface.ts'
import { LogIncident, LogState, LogVerification, LogVolume } from '../views/log-state.ts'
import { Node } from '../views/node.ts'
import { Organization, Site } from '../views/organization.ts'
import { Peer } from '../views/peer.ts'
import {
  ChangedFlow,
  Finding,
  Packet,
  PacketVerdict,
  PolicyTest,
  PolicyTestResult,
} from '../views/policy.ts'
import { Problem } from '../views/problem.ts'
import {
  CheckedReadModel,
  ReadModel,
  ReadModelCheck,
  ReadModelCheckStart,
  ReadModelDifference,
  ReadModelList,
  SilentService,
} from '../views/read-model.ts'
import { recoveryComponents } from '../views/recovery.ts'
import { restoreComponents } from '../views/restore.ts'
import { rootKeyComponents } from '../views/root-key.ts'
import { Rule, RuleChange } from '../views/rule.ts'
import {
  ImportRecord,
  ImportSection,
  SnapshotImport,
  SnapshotInspection,
} from '../views/snapshot.ts'
import { storageComponents } from '../views/storage-location.ts'
import { NewSubscriber, Subscriber, SubscriberCredentials } from '../views/subscriber.ts'
import { User } from '../views/user.ts'
import { Webhook, WebhookAttempt, WebhookDelivery, WebhookSecret } from '../views/webhook.ts'
import { complete } from './complete.ts'

const components = [
  User,
  Alert,
  AlertRule,
  Organization,
  Site,
  FirewallSettings,
  Uplink,
  Node,
  Interface,
  Peer,
  Rule,
  RuleChange,
  RuleSet,
  ChangeSet,
  Applied,
  AccessDifference,
  ObjectDiff,
  DiffCount,
  HistoryTarget,
  Authorship,
  Version,
  Blame,
  Packet,
  PacketVerdict,
  ChangedFlow,
  Finding,
  PolicyTest,
  PolicyTestResult,
  Tokens,
  Me,
  EnrollToken,
  Enrolment,
  Import,
  Ready,
  Flow,
  FlowSummary,
  FlowSummaries,
  LogState,
  LogVolume,
  LogIncident,
  SilentService,
  ReadModel,
  ReadModelList,
  ReadModelDifference,
  CheckedReadModel,
  ReadModelCheck,
  ReadModelCheckStart,
  LogVerification,
  AccessTree,
  Checkpoint,
  ConsistencyProof,
  SigningKey,
  Subscriber,
  SubscriberCredentials,
  NewSubscriber,
  Webhook,
  WebhookSecret,
  WebhookAttempt,
  WebhookDelivery,
  Witness,
  ImportRecord,
  ImportSection,
  SnapshotImport,
  SnapshotInspection,
  LogEntry,
  AuditEntry,
  AuditEntryDetail,
  AuditAction,
  ...backupComponents,
  RestoreJob,
  BackupValidation,
  BackupValidationRun,
  ...storageComponents,
  ...recoveryComponents,
  ...rootKeyComponents,
  ...restoreComponents,
  BackupSchedule,
  Problem,
]

/** Collects the routes registered after it; the document is made once, when the gateway is ready. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  for (const schema of components) app.addSchema(schema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Holdfast',
        version,
        description:
          'Self-hosted control plane for WireGuard networks. Guide: docs/api.md. Errors are application/problem+json; every code is listed in docs/problems.md.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'auth', description: 'Sign-in and sessions' },
        { name: 'users', description: 'People and their roles' },
        { name: 'organizations', description: 'What is kept apart' },
        { name: 'sites', description: 'Places of an organization' },
        { name: 'nodes', description: 'Hosts with an agent' },
        { name: 'interfaces', description: 'WireGuard interfaces of a node' },
        { name: 'peers', description: 'Peers of an interface and their configurations' },
        { name: 'rules', description: 'The firewall: rules, drafts, history' },
        { name: 'policy', description: 'Questions about the rules that change nothing' },
        { name: 'flows', description: 'What nodes recorded of flows' },
        { name: 'audit', description: 'The log as proof: checkpoints, proofs, keys, witnesses' },
        { name: 'backups', description: 'Portable snapshots, full backups, where they lie' },
        { name: 'restores', description: 'The live instance as it was; one commit taken back' },
        { name: 'operator', description: 'Log and archive: state, comparison, repair' },
        { name: 'events', description: 'The log, live' },
        { name: 'system', description: 'Health, metrics, this document' },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Access token of `POST /auth/login`, good for 15 minutes.',
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`,
    },
    transform: ({ schema, url, route }) => ({
      // Shown only: the edge reads these headers itself.
      schema: { ...schema, headers: headersOf(route.config, [route.method].flat()) },
      url,
    }),
    transformObject: (document) =>
      'openapiObject' in document ? complete(document.openapiObject) : document.swaggerObject,
  })
}

/** Headers an operation takes, for the document. */
function headersOf(config: FastifyContextConfig = {}, methods: readonly string[]) {
  const isWrite = methods.some((method) => method !== 'GET' && method !== 'HEAD')
  return {
    type: 'object',
    properties: {
      ...(isWrite && config.isUnkeyed !== true
        ? {
            'Idempotency-Key': {
              type: 'string',
              pattern: '^[\\x21-\\x7e]{1,255}$',
              description: 'The same key and body get the same answer; another body gets 422.',
              examples: ['laptop-2026-11-20'],
            },
            'Holdfast-Reason': {
              type: 'string',
              maxLength: 4500,
              description: 'Why, for the log: at most 500 characters, percent-encoded.',
              examples: ['sftp%20moved'],
            },
          }
        : {}),
      ...(config.isConditional === true
        ? {
            'If-Match': {
              type: 'string',
              description: 'ETag of the object as it was read; 412 when it has changed since.',
              examples: ['"42"'],
            },
          }
        : {}),
    },
  }
}
