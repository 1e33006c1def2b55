import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  nameOrNull,
  ref,
  textOut,
  time,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf } from './print.ts'

export const HistoryTarget = component('HistoryTarget', {
  kind: textOut('What it is.', 'peer'),
  id: id('Its id.'),
  name: textOut('What it is called, or was last; empty for people.', 'laptop'),
})

export const Authorship = component('Authorship', {
  sequence: decimal('The commit.', '1042'),
  time: time("By the writer's clock; order is by sequence."),
  actor: Type.Object(
    {
      kind: words(
        ['user', 'api_key', 'service', 'node', 'unknown'],
        'Who did it: a person, a key, a service, a host.',
      ),
      id: textOut('Id, or the name of a service.', '019a…'),
      username: nameOrNull(
        'What a person is called; null for others, and for people you may not see.',
        'carol',
      ),
    },
    { description: 'Who.' },
  ),
  reason: textOut('Why, in the words of who asked; may be empty.', 'sftp moves'),
  correlation_id: idOrNull('The request it came with.'),
})

const value = (description: string) => Type.Unknown({ description })

export const Version = component('ObjectVersion', {
  number: decimal('Counted from 1.', '3'),
  change: words(['created', 'changed', 'deleted', 'unknown'], 'What became of the object.'),
  action: textOut('Action code of the commit.', 'network.peer.updated'),
  by: ref(Authorship),
  fields: Type.Array(
    Type.Object({
      field: textOut('Dotted where nested.', 'settings.keepalive_seconds'),
      before: value('Null when it was not there; secrets are "[sealed]".'),
      after: value('Null when it is not there any more.'),
    }),
    { description: 'What differs from the version before.' },
  ),
})

export const Blame = component('Blame', {
  target: ref(HistoryTarget),
  organization_id: idOrNull('Null for what belongs to none.'),
  is_deleted: flagOut('Gone by then: the fields are its last.', false),
  fields: Type.Array(
    Type.Object({
      field: textOut('Dotted where nested.', 'settings.keepalive_seconds'),
      value: value('What it is; secrets are "[sealed]".'),
      previous: value('What it was before; null when it never was anything else.'),
      by: ref(Authorship),
    }),
    { description: 'Every field, and the commit that gave it its value.' },
  ),
})

export type Names = ReadonlyMap<string, string>
const actorKinds = ['user', 'api_key', 'service', 'node'] as const

const jsonOf = (text: string | null | undefined): unknown => (text ? JSON.parse(text) : null)

export const printTarget = (
  target: holdfast.audit.v1.EntryTarget.$Properties | null | undefined,
): Static<typeof HistoryTarget> => ({
  kind: target?.kind ?? '',
  id: target?.id ?? '',
  name: target?.name ?? '',
})

const printAuthorship = (
  by: holdfast.audit.v1.Authorship.$Properties | null | undefined,
  names: Names,
): Static<typeof Authorship> => ({
  sequence: decimalOf(by?.sequence),
  time: momentOf(by?.atUnixMs),
  actor: {
    kind: actorKinds.find((kind) => kind === by?.actor?.kind) ?? 'unknown',
    id: by?.actor?.id ?? '',
    username: names.get(by?.actor?.id ?? '') ?? null,
  },
  reason: by?.reason ?? '',
  correlation_id: idOf(by?.correlationId),
})

export const printVersion = (
  version: holdfast.audit.v1.Version.$Properties,
  names: Names,
): Static<typeof Version> => ({
  number: decimalOf(version.number),
  change:
    (['created', 'changed', 'deleted'] as const).find((word) => word === version.kind) ?? 'unknown',
  action: version.action ?? '',
  by: printAuthorship(version.by, names),
  fields: (version.fields ?? []).map(({ field, before, after }) => ({
    field: field ?? '',
    before: jsonOf(before),
    after: jsonOf(after),
  })),
})

export const printBlame = (
  blame: holdfast.audit.v1.GetBlameResponse.$Properties,
  names: Names,
): Static<typeof Blame> => ({
  target: printTarget(blame.target),
  organization_id: idOf(blame.organizationId),
  is_deleted: blame.isDeleted ?? false,
  fields: (blame.fields ?? []).map(({ field, value: is, previous, by }) => ({
    field: field ?? '',
    value: jsonOf(is),
    previous: jsonOf(previous),
    by: printAuthorship(by, names),
  })),
})
