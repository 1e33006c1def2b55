import { Type } from '@fastify/type-provider-typebox'
import { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  listOut,
  nameOrNull,
  ref,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf, wordOf } from './print.ts'

const v1 = holdfast.backup.v1

/** In the order of the proto enums, from 1. */
export const pointKinds = ['commit', 'backup', 'restore', 'change_set', 'import'] as const
const planStatuses = ['making', 'ready', 'failed'] as const
const restoreStatuses = ['pending', 'running', 'completed', 'failed'] as const
export const planChangeKinds = ['create', 'update', 'delete', 'blocked'] as const

const decimalOrNull = (description: string, example: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    pattern: '^(0|[1-9][0-9]*)$',
    description,
    examples: [example],
  })
const sequenceOf = (value: number | null | undefined): string | null => (value ? `${value}` : null)

const actor = Type.Object(
  {
    kind: textOut('user, api_key, service or node.', 'user'),
    id: textOut('Who.', '019a…'),
    username: nameOrNull('What a user is called, where you may know.', 'carol'),
  },
  { description: 'Who did it.' },
)
type Names = ReadonlyMap<string, string>
const printActor = (
  who: holdfast.backup.v1.RestoreActor.$Properties | null | undefined,
  names: Names,
) => ({ kind: who?.kind ?? '', id: who?.id ?? '', username: names.get(who?.id ?? '') ?? null })

export const RestorePoint = component('RestorePoint', {
  sequence: decimal('Of the commit: restored to it, everything is as right after.', '48112'),
  before_sequence: decimal(
    'The one before: restored to it, everything is as just before.',
    '48111',
  ),
  time: time('Of the commit.'),
  kind: words([...pointKinds, 'unknown'], 'What it is.'),
  action: textOut('What was done.', 'network.peer.deleted'),
  label: textOut('The same for people.', 'removed a peer: laptop'),
  object_kind: textOut('What it was done to.', 'peer'),
  object_id: textOut('Its id.', '019a…'),
  object_name: textOut('As it was called; empty for people.', 'laptop'),
  organization_id: idOrNull('Null for what belongs to none.'),
  actor,
  reason: textOut('Why, where it was said.', ''),
  holds_sequence: decimalOrNull('Of a backup: what it holds goes up to here. Else null.', '48100'),
})

export const printPoint = (
  point: holdfast.backup.v1.RestorePoint.$Properties,
  names: Names,
): Static<typeof RestorePoint> => ({
  sequence: decimalOf(point.sequence),
  before_sequence: decimalOf(Math.max(0, (point.sequence ?? 1) - 1)),
  time: momentOf(point.atUnixMs),
  kind: wordOf(pointKinds, point.kind ?? 0),
  action: point.action ?? '',
  label: point.label ?? '',
  object_kind: point.objectKind ?? '',
  object_id: point.objectId ?? '',
  object_name: point.objectName ?? '',
  organization_id: idOf(point.organizationId),
  actor: printActor(point.actor, names),
  reason: point.reason ?? '',
  holds_sequence: sequenceOf(point.holdsSequence),
})

export const RestorePointDetails = component('RestorePointDetails', {
  point: ref(RestorePoint),
  counts: Type.Array(
    Type.Object({
      kind: textOut('Kind of objects.', 'peer'),
      count: integerOut('How many there were right after it.', 12),
    }),
    { description: 'What there was then.' },
  ),
  is_cut: flagOut('There were so many that only a part was counted.', false),
  around: Type.Array(ref(RestorePoint), { description: 'Commits around it, oldest first.' }),
  head_sequence: decimal('The end of the log.', '50000'),
})

export const printPointDetails = (
  found: holdfast.backup.v1.GetRestorePointResponse,
  names: Names,
): Static<typeof RestorePointDetails> => ({
  point: printPoint(found.point ?? {}, names),
  counts: found.counts.map(({ kind, count }) => ({ kind: kind ?? '', count: count ?? 0 })),
  is_cut: found.isCut,
  around: found.around.map((point) => printPoint(point, names)),
  head_sequence: decimalOf(found.headSequence),
})

export const RestorePointVerification = component('RestorePointVerification', {
  sequence: decimal('Verified up to here.', '48112'),
  is_good: flagOut('Every byte is as it was written, and the keys are here.', true),
  findings: listOut('What is wrong.'),
  commits: decimal('Read from the archive.', '48112'),
  checkpoint_size: decimal('Of the last signed checkpoint up to there; 0: none yet.', '48000'),
  root: textOut('Of the Merkle tree over them, base64.', ''),
  archive_key_fingerprint: textOut('The root key the archive belongs to.', ''),
  key_fingerprint: textOut('The root key of this instance.', ''),
  keys_open: flagOut('Its data keys can be opened.', true),
  took_ms: integerOut('How long it took.', 900),
})

export const printVerification = (
  found: holdfast.backup.v1.VerifyRestorePointResponse,
): Static<typeof RestorePointVerification> => ({
  sequence: decimalOf(found.sequence),
  is_good: found.isGood,
  findings: [...found.findings],
  commits: decimalOf(found.commits),
  checkpoint_size: decimalOf(found.checkpointSize),
  root: Buffer.from(found.root).toString('base64'),
  archive_key_fingerprint: found.archiveKeyFingerprint,
  key_fingerprint: found.keyFingerprint,
  keys_open: found.keysOpen,
  took_ms: Number(found.tookMs),
})

const counts = (description: string) =>
  Type.Object(
    {
      create: integerOut('Come back.', 3),
      update: integerOut('Become again what they were.', 12),
      delete: integerOut('Were not there then, and go.', 4),
      blocked: integerOut('Cannot be brought back.', 0),
    },
    { description },
  )
const printCounts = (found: holdfast.backup.v1.PlanCounts.$Properties | null | undefined) => ({
  create: found?.create ?? 0,
  update: found?.update ?? 0,
  delete: found?.delete ?? 0,
  blocked: found?.blocked ?? 0,
})

export const PlanChange = component('RestoreChange', {
  service: textOut('The service that owns it.', 'network'),
  kind: textOut('What it is.', 'peer'),
  id: textOut('Its id.', '019a…'),
  name: textOut('As it is called; empty for people.', 'laptop'),
  organization_id: idOrNull('Null for what belongs to none.'),
  change: words([...planChangeKinds, 'unknown'], 'What becomes of it.'),
  fields: Type.Array(
    Type.Object({
      field: textOut('Dotted where nested.', 'settings.allowed_ips'),
      before: Type.Unknown({ description: 'As it is now; null: absent. Secrets are [sealed].' }),
      after: Type.Unknown({ description: 'As it will be.' }),
    }),
    { description: 'What differs.' },
  ),
  code: textOut('Why it is blocked; empty when it is not.', ''),
  reason: textOut('The same for people.', ''),
})

const json = (text: string | null | undefined): unknown => (text ? JSON.parse(text) : null)

export const printPlanChange = (
  change: holdfast.backup.v1.PlanChange.$Properties,
): Static<typeof PlanChange> => ({
  service: change.service ?? '',
  kind: change.kind ?? '',
  id: change.id ?? '',
  name: change.name ?? '',
  organization_id: idOf(change.organizationId),
  change: planChangeKinds.find((one) => one === change.change) ?? 'unknown',
  fields: (change.fields ?? []).map(({ field, before, after }) => ({
    field: field ?? '',
    before: json(before),
    after: json(after),
  })),
  code: change.code ?? '',
  reason: change.reason ?? '',
})

const scopeFields = {
  only: listOut('Kinds of objects and services; empty: all.', 'peer', 'rules'),
  organization_id: idOrNull('Null: the whole instance.'),
}
const printScope = (scope: holdfast.backup.v1.RestoreScope.$Properties | null | undefined) => ({
  only: [...(scope?.only ?? [])],
  organization_id: idOf(scope?.organizationId),
})

export const RestorePlan = component('RestorePlan', {
  id: id('Of the plan.'),
  status: words([...planStatuses, 'unknown'], 'making: ask again; it is made by itself.'),
  to_sequence: decimal('Where to: right after this commit.', '48111'),
  to_time: timeOrNull('When that commit was made.'),
  head_sequence: decimal('What it is compared with.', '50000'),
  ...scopeFields,
  digest: textOut('Over everything it would change, hex.', ''),
  counts: counts('Objects, by what becomes of them.'),
  kinds: Type.Array(
    Type.Object({ kind: textOut('Kind of objects.', 'peer'), counts: counts('Of that kind.') }),
    { description: 'The same by kind.' },
  ),
  hosts: Type.Array(
    Type.Object({
      node_id: id('The node.'),
      name: textOut('Its name; empty when it is gone or not for you to see.', 'gw-berlin'),
      changes: integerOut('How many changes concern it.', 3),
    }),
    { description: 'Hosts whose configuration changes.' },
  ),
  warnings: Type.Array(
    Type.Object({
      code: textOut(
        'blocked, keys_change, peers_cut_off, access_changes, hosts, later_changes, nothing.',
        'keys_change',
      ),
      detail: textOut('For people.', ''),
      count: integerOut('Of how many things.', 2),
    }),
    { description: 'What ought to be known before.' },
  ),
  estimated_ms: integerOut('How long it will take, about.', 2300),
  is_estimate_measured: flagOut('By earlier restores here; else by a documented rate.', true),
  undoes: idOrNull('The restore it undoes.'),
  actor,
  created_at: time('When it was asked for.'),
  expires_at: time('It is kept until then.'),
  failure_code: textOut('Why it could not be made; empty otherwise.', ''),
  failure_detail: textOut('The same for people.', ''),
})

export const printPlan = (
  plan: holdfast.backup.v1.RestorePlan.$Properties,
  names: Names,
): Static<typeof RestorePlan> => ({
  id: plan.id ?? '',
  status: wordOf(planStatuses, plan.status ?? 0),
  to_sequence: decimalOf(plan.toSequence),
  to_time: timeOf(plan.toUnixMs),
  head_sequence: decimalOf(plan.headSequence),
  ...printScope(plan.scope),
  digest: plan.digest ?? '',
  counts: printCounts(plan.counts),
  kinds: (plan.kinds ?? []).map((one) => ({
    kind: one.kind ?? '',
    counts: printCounts(one.counts),
  })),
  hosts: (plan.hosts ?? []).map(({ nodeId, name, changes }) => ({
    node_id: nodeId ?? '',
    name: name ?? '',
    changes: changes ?? 0,
  })),
  warnings: (plan.warnings ?? []).map(({ code, detail, count }) => ({
    code: code ?? '',
    detail: detail ?? '',
    count: count ?? 0,
  })),
  estimated_ms: plan.estimatedMs ?? 0,
  is_estimate_measured: plan.isEstimateMeasured ?? false,
  undoes: idOf(plan.undoes),
  actor: printActor(plan.actor, names),
  created_at: momentOf(plan.createdAtUnixMs),
  expires_at: momentOf(plan.expiresAtUnixMs),
  failure_code: plan.failureCode ?? '',
  failure_detail: plan.failureDetail ?? '',
})

export const Restore = component('Restore', {
  id: id('Of the restore.'),
  status: words(
    [...restoreStatuses, 'unknown'],
    'pending: nothing is changed yet; failed: nothing is changed, or it was put back.',
  ),
  to_sequence: decimal('Where to: right after this commit.', '48111'),
  ...scopeFields,
  reason: textOut('Why, where it was said.', 'the wrong import'),
  actor,
  plan_id: idOrNull('What it carries out.'),
  undoes: idOrNull('The restore it undoes.'),
  undone_by: idOrNull('The last restore that undid it.'),
  rollback_sequence: decimalOrNull(
    'Restored to it, everything is as before. Null: it never began.',
    '50000',
  ),
  checkpoint_size: decimalOrNull('Of the signed checkpoint taken for it; null: none.', '50000'),
  is_without_rollback: flagOut('It began without a checkpoint, as was allowed.', false),
  rollback_kept_until: timeOrNull('The rollback point is kept until then at least.'),
  progress: integerOut('Percent.', 100),
  step: textOut('What is being done, for people.', 'Bringing back rules'),
  counts: counts('Objects, by what became of them so far.'),
  blocked: Type.Array(ref(PlanChange), {
    description: 'What stayed as it was, and why; the first hundred.',
  }),
  created_at: time('When it was asked for.'),
  started_at: timeOrNull('When it began to change things.'),
  ended_at: timeOrNull('When it was over.'),
  ended_sequence: decimalOrNull('Of its last commit; null while it is not over.', '50040'),
  failure_code: textOut('Empty when nothing failed.', ''),
  failure_detail: textOut('For people.', ''),
  is_rolled_back: flagOut('What it had changed was put back.', false),
  attempts: integerOut('How often it was taken up.', 1),
  trouble: textOut('What keeps it from going on; it is tried again. Empty: nothing.', ''),
})

export const printRestore = (
  one: holdfast.backup.v1.Restore.$Properties,
  names: Names,
): Static<typeof Restore> => ({
  id: one.id ?? '',
  status: wordOf(restoreStatuses, one.status ?? 0),
  to_sequence: decimalOf(one.toSequence),
  ...printScope(one.scope),
  reason: one.reason ?? '',
  actor: printActor(one.actor, names),
  plan_id: idOf(one.planId),
  undoes: idOf(one.undoes),
  undone_by: idOf(one.undoneBy),
  rollback_sequence: sequenceOf(one.rollbackSequence),
  checkpoint_size: sequenceOf(one.checkpointSize),
  is_without_rollback: one.isWithoutRollback ?? false,
  rollback_kept_until: timeOf(one.rollbackKeptUntilUnixMs),
  progress: one.progress ?? 0,
  step: one.step ?? '',
  counts: printCounts(one.counts),
  blocked: (one.blocked ?? []).map(printPlanChange),
  created_at: momentOf(one.createdAtUnixMs),
  started_at: timeOf(one.startedAtUnixMs),
  ended_at: timeOf(one.endedAtUnixMs),
  ended_sequence: sequenceOf(one.endedSequence),
  failure_code: one.failureCode ?? '',
  failure_detail: one.failureDetail ?? '',
  is_rolled_back: one.isRolledBack ?? false,
  attempts: one.attempts ?? 0,
  trouble: one.trouble ?? '',
})

export const UndoConflict = component('UndoConflict', {
  kind: textOut('What it is.', 'peer'),
  id: textOut('Its id.', '019a…'),
  name: textOut('As it is called.', 'laptop'),
  field: textOut('Dotted where nested.', 'settings.allowed_ips'),
  before: Type.Unknown({ description: 'Before the commit.' }),
  made: Type.Unknown({ description: 'What the commit made it.' }),
  now: Type.Unknown({ description: 'What it is now.' }),
  by_sequence: decimalOrNull('The commit that made it so.', '48200'),
  by: actor,
})

export const Undo = component('Undo', {
  sequence: decimalOrNull('Of the commit that took it back; null when nothing was done.', '50041'),
  commit: ref(RestorePoint),
  changes: Type.Array(ref(PlanChange), { description: 'What was changed, or would be.' }),
  conflicts: Type.Array(ref(UndoConflict), {
    description:
      'Of a dry run: fields that were changed since. While there is one, nothing is undone.',
  }),
})

export const printUndo = (
  found: holdfast.backup.v1.UndoCommitResponse,
  names: Names,
): Static<typeof Undo> => ({
  sequence: sequenceOf(found.sequence),
  commit: printPoint(found.commit ?? new v1.RestorePoint(), names),
  changes: found.changes.map(printPlanChange),
  conflicts: found.conflicts.map((one) => ({
    kind: one.kind ?? '',
    id: one.id ?? '',
    name: one.name ?? '',
    field: one.field ?? '',
    before: json(one.before),
    made: json(one.made),
    now: json(one.now),
    by_sequence: sequenceOf(one.bySequence),
    by: printActor(one.by, names),
  })),
})

export const restoreComponents = [
  RestorePoint,
  RestorePointDetails,
  RestorePointVerification,
  PlanChange,
  RestorePlan,
  Restore,
  UndoConflict,
  Undo,
] as const
