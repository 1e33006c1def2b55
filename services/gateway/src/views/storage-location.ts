import type { holdfast } from '@holdfast/proto'
import { type Static, Type } from 'typebox'
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
import { decimalOf, idOf, present, timeOf } from './print.ts'

export const storageFieldTypes = [
  ...['text', 'integer', 'boolean', 'choice', 'secret', 'multiline_secret'],
] as const

type Value = string | number | boolean | null

/** The kind's own fields; which there are, GET …/types/supported says. */
export const fieldValues = (description: string, example: Readonly<Record<string, Value>>) =>
  Type.Unsafe<Record<string, Value>>({
    type: 'object',
    description,
    maxProperties: 40,
    propertyNames: { type: 'string', maxLength: 64 },
    additionalProperties: { type: ['string', 'integer', 'boolean', 'null'] },
    examples: [example],
  })

const valueOrNull = (description: string, example: Value) =>
  Type.Unsafe<Value>({
    type: ['string', 'integer', 'boolean', 'null'],
    description,
    examples: [example],
  })
const numberOrNull = (description: string, example: number) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description, examples: [example] })

export const StorageKindField = component('StorageKindField', {
  name: textOut('Name of the field.', 'bucket'),
  title: textOut('For a form.', 'Bucket'),
  description: textOut('What it is.', 'It must be there already.'),
  type: words(storageFieldTypes, 'Secret ones are given as credentials, the others as config.'),
  is_secret: flagOut('Whether it is sealed and never answered.', false),
  is_required: flagOut('Whether it must be given.', true),
  default: valueOrNull('What holds when it is absent; null: nothing.', 22),
  choices: listOut('The values there are; empty: any.', 'STANDARD'),
  min: numberOrNull('Smallest number; null: any.', 1),
  max: numberOrNull('Largest number; null: any.', 65_535),
  example: textOut('An example; empty: none.', 'holdfast-backups'),
})

export const StorageKind = component('StorageKind', {
  kind: textOut('What `kind` of a location says.', 's3'),
  title: textOut('For people.', 'S3 and compatible'),
  fields: Type.Array(ref(StorageKindField)),
  unavailable_because: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Why this machine cannot use it; null: it can.',
    examples: ['rclone is not installed'],
  }),
})

export const StorageLocation = component('StorageLocation', {
  id: id('Storage location id.'),
  organization_id: idOrNull('Organization whose it is; null: of the whole instance.'),
  name: textOut('Unique in the organization.', 'offsite'),
  kind: textOut('One of GET …/types/supported; it never changes.', 's3'),
  config: fieldValues('Open fields of the kind.', { bucket: 'holdfast-backups' }),
  credential_fields: listOut(
    'Names of the secret fields that are set. Values are never answered.',
    'secret_access_key',
  ),
  description: textOut('Free text.', 'The other data centre'),
  is_builtin: flagOut('The location every instance has; it cannot be changed.', false),
  is_continuous: flagOut('Full backups are pushed here all the time.', true),
  is_immutable: flagOut('Objects there cannot be deleted or replaced.', false),
  keep_daily: integerOut('Continuous backups kept, one a day; all three zero: for good.', 7),
  keep_weekly: integerOut('One a week.', 5),
  keep_monthly: integerOut('One a month.', 12),
  tested_at: timeOrNull('Last test; null: never, or asked about the past.'),
  test_failure: textOut('Why the last test failed; empty: it went well, or there was none.', ''),
  created_at: timeOrNull('When it was created; null: the built-in one.'),
  updated_at: timeOrNull('When it was changed last.'),
  revision: decimal('Moves with every change.', '3'),
})

export const StorageTest = component('StorageTest', {
  is_good: flagOut('Whether every step went well.', true),
  tested_at: time('When it was made.'),
  steps: Type.Array(
    Type.Object({
      step: words(['connect', 'write', 'read', 'list', 'delete'], 'What was done.'),
      duration_ms: integerOut('How long it took.', 41),
      code: Type.Unsafe<string | null>({
        type: ['string', 'null'],
        description: 'Error code (docs/problems.md); null: it went well.',
        examples: ['storage.denied'],
      }),
      failure: textOut('Why it failed; empty: it went well.', ''),
    }),
    { description: 'In order; those after a failed one were not taken.' },
  ),
})

export const storageComponents = [
  StorageKindField,
  StorageKind,
  StorageLocation,
  StorageTest,
] as const

export function printStorageKind(
  k: holdfast.backup.v1.StorageKind.$Properties,
): Static<typeof StorageKind> {
  return {
    kind: k.kind ?? '',
    title: k.title ?? '',
    fields: (k.fields ?? []).map((f) => {
      const isNumber = f.type === 'integer'
      const hasRange = isNumber && (f.min !== 0 || f.max !== 0)
      return {
        name: f.name ?? '',
        title: f.title ?? '',
        description: f.description ?? '',
        type: storageFieldTypes.find((one) => one === f.type) ?? 'text',
        is_secret: f.type === 'secret' || f.type === 'multiline_secret',
        is_required: f.isRequired ?? false,
        default: f.default ? (JSON.parse(f.default) as Value) : null, // the service's own scalar
        choices: f.choices ?? [],
        min: hasRange ? (f.min ?? 0) : null,
        max: hasRange ? (f.max ?? 0) : null,
        example: f.example ?? '',
      }
    }),
    unavailable_because: k.unavailableBecause || null,
  }
}

export function printStorageLocation(
  l: holdfast.backup.v1.StorageLocation.$Properties,
): Static<typeof StorageLocation> {
  const settings = present(l.settings, 'settings')
  return {
    id: l.id ?? '',
    organization_id: idOf(l.organizationId),
    name: settings.name ?? '',
    kind: settings.kind ?? '',
    config: JSON.parse(settings.config || '{}') as Record<string, Value>, // canonical, by the service
    credential_fields: l.credentialFields ?? [],
    description: settings.description ?? '',
    is_builtin: !l.revision,
    is_continuous: settings.isContinuous ?? false,
    is_immutable: settings.isImmutable ?? false,
    keep_daily: settings.keepDaily ?? 0,
    keep_weekly: settings.keepWeekly ?? 0,
    keep_monthly: settings.keepMonthly ?? 0,
    tested_at: timeOf(l.testedAtUnixMs),
    test_failure: l.testFailure ?? '',
    created_at: timeOf(l.createdAtUnixMs),
    updated_at: timeOf(l.updatedAtUnixMs),
    revision: decimalOf(l.revision),
  }
}

const stepNames = ['connect', 'write', 'read', 'list', 'delete'] as const

export const printStorageTest = (
  t: holdfast.backup.v1.TestStorageLocationResponse.$Properties,
  testedAt: string,
): Static<typeof StorageTest> => ({
  is_good: t.isGood ?? false,
  tested_at: testedAt,
  steps: (t.steps ?? []).map((one) => ({
    step: stepNames.find((name) => name === one.step) ?? 'connect',
    duration_ms: one.durationMs ?? 0,
    code: one.code || null,
    failure: one.failure ?? '',
  })),
})
