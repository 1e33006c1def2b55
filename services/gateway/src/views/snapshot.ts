import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  listOut,
  ref,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf } from './print.ts'

export const importOutcomes = ['created', 'updated', 'unchanged', 'skipped', 'refused'] as const
/** What is undone also goes. */
const outcomes = [...importOutcomes, 'removed'] as const

export const ImportRecord = component('ImportRecord', {
  section: textOut('What it is a record of.', 'network.peers'),
  organization: textOut('Its organization, as the snapshot calls it.', 'Acme'),
  record: integerOut('Its place in the section, from 0.', 4),
  name: textOut('What it calls itself.', 'laptop'),
  outcome: words(outcomes, 'What became of it.'),
  code: textOut('Why it was not taken as it is; empty otherwise.', 'backup.reference_missing'),
  detail: textOut('For people.', 'no interface wg0 on gw-1'),
})

export const ImportSection = component('ImportSection', {
  name: textOut('`organization` is the organization itself.', 'network.peers'),
  organization: textOut('As the snapshot calls it.', 'Acme'),
  status: words(
    ['ok', 'schema_mismatch', 'left_out', 'failed'],
    'schema_mismatch: of a schema that is not read here; left_out: not asked for.',
  ),
  records: integerOut('How many there are in the snapshot.', 12),
  created: integerOut('Made.', 3),
  updated: integerOut('Changed.', 1),
  unchanged: integerOut('Just so already.', 7),
  skipped: integerOut('Left as it was; those unchanged included.', 8),
  refused: integerOut('Not taken.', 0),
  removed: integerOut('Where a restore is undone: what it had made and is gone again.', 0),
  issues: Type.Array(ref(ImportRecord), {
    description:
      'The first hundred that were not taken as they are, and of all sections a thousand.',
  }),
})

export const SnapshotImport = component('SnapshotImport', {
  id: id('Of the import.'),
  status: words(
    ['received', 'running', 'completed', 'failed', 'interrupted'],
    'failed: nothing was written; interrupted: run it again, it goes on.',
  ),
  progress: integerOut('Percent.', 100),
  is_dry_run: flagOut('Whether nothing was to be written.', true),
  overwrite_existing: flagOut('Whether what exists was to be changed.', false),
  restore_devices: flagOut('Nodes, interfaces, peers.', true),
  restore_users: flagOut('Users.', false),
  restore_automation: flagOut('Rules, policy tests, alert rules.', true),
  organization_id: idOrNull('Where it was to go; null: by the names in the snapshot.'),
  failure_code: textOut('Empty when nothing failed.', ''),
  failure_detail: textOut('For people.', ''),
  warnings: listOut('What ought to be known.'),
  sections: Type.Array(ref(ImportSection), { description: 'How each went. Empty in lists.' }),
  rollback_sequence: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description:
      'The log before the first write: restored to it, everything is as it was. Null: nothing was written.',
    examples: ['1041'],
  }),
  bytes: decimal('Of the file.', '18230'),
  created_at: time('When it was sent.'),
  ended_at: timeOrNull('When the last run ended.'),
})

export const SnapshotInspection = component('SnapshotInspection', {
  header: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description: 'As it stands in the file (docs/formats/hfsnap.md), authenticated when encrypted.',
  }),
  bytes: decimal('Of the file.', '18230'),
  sha256: textOut('Of the file, hex.', ''),
  sections: Type.Array(
    Type.Object({
      name: textOut('What its records are.', 'network.peers'),
      organization: textOut('Whose they are.', 'Acme'),
      records: integerOut('How many.', 12),
      schema: textOut('Major and minor.', '1.0'),
      status: words(['ok', 'schema_mismatch', 'unknown'], 'What an import here would make of it.'),
    }),
    { description: 'In the order of the file.' },
  ),
})

type Wire = holdfast.backup.v1.Import.$Properties

export const printImportRecord = (one: holdfast.backup.v1.ImportRecord.$Properties) => ({
  section: one.section ?? '',
  organization: one.organization ?? '',
  record: one.record ?? 0,
  name: one.name ?? '',
  outcome: outcomes.find((outcome) => outcome === one.outcome) ?? 'refused',
  code: one.code ?? '',
  detail: one.detail ?? '',
})

export const printSection = (one: holdfast.backup.v1.ImportSection.$Properties) => ({
  name: one.name ?? '',
  organization: one.organization ?? '',
  // as: the service has no other words
  status: (one.status ?? 'ok') as 'ok' | 'schema_mismatch' | 'left_out' | 'failed',
  records: one.records ?? 0,
  created: one.created ?? 0,
  updated: one.updated ?? 0,
  unchanged: one.unchanged ?? 0,
  skipped: one.skipped ?? 0,
  refused: one.refused ?? 0,
  removed: one.removed ?? 0,
  issues: (one.issues ?? []).map(printImportRecord),
})

export const printSnapshotImport = (one: Wire) => ({
  id: one.id ?? '',
  // as: the service has no other words
  status: (one.status ?? 'received') as
    | 'received'
    | 'running'
    | 'completed'
    | 'failed'
    | 'interrupted',
  progress: one.progress ?? 0,
  is_dry_run: one.isDryRun ?? false,
  overwrite_existing: one.overwritesExisting ?? false,
  restore_devices: one.contents?.devices ?? false,
  restore_users: one.contents?.users ?? false,
  restore_automation: one.contents?.automation ?? false,
  organization_id: idOf(one.organizationId),
  failure_code: one.failureCode ?? '',
  failure_detail: one.failureDetail ?? '',
  warnings: [...(one.warnings ?? [])],
  sections: (one.sections ?? []).map(printSection),
  rollback_sequence: one.rollbackSequence ? `${one.rollbackSequence}` : null,
  bytes: decimalOf(one.bytes),
  created_at: momentOf(one.createdAtUnixMs),
  ended_at: timeOf(one.endedAtUnixMs),
})

export const printInspection = (one: holdfast.backup.v1.InspectImportResponse) => ({
  // as: the service has read it as an object
  header: JSON.parse(one.header) as Record<string, unknown>,
  bytes: decimalOf(one.bytes),
  sha256: Buffer.from(one.sha256).toString('hex'),
  sections: one.sections.map((section) => ({
    name: section.name ?? '',
    organization: section.organization ?? '',
    records: section.records ?? 0,
    schema: `${section.major ?? 0}.${section.minor ?? 0}`,
    // as: the service has no other words
    status: (section.status ?? 'unknown') as 'ok' | 'schema_mismatch' | 'unknown',
  })),
})
