import type { Commit } from '@holdfast/event-log'
import { reservedNames } from './ledger.ts'
import { comparable } from './table-shape.ts'
import type { Projection, ProjectionSpec, RowChange } from './types.ts'
import { versionsTable } from './versions.ts'

const identifier = /^[a-z][a-z0-9_]{0,40}$/

/**
 * A read model: tables, and what each event does to their rows.
 *
 * Throws when the definition cannot work: a bad name, a key or index column that is not there, two tables of one name.
 */
export function defineProjection<E extends { readonly type: string }>(
  spec: ProjectionSpec<E>,
): Projection {
  const [context, model, ...rest] = spec.name.split('.')
  if (context !== spec.context || !model || rest.length > 0 || !identifier.test(model)) {
    throw new Error(`projection ${spec.name}: the name must be ${spec.context}.<read_model>`)
  }
  if (!Number.isInteger(spec.version) || spec.version < 1) {
    throw new Error(`projection ${spec.name}: versions count from 1`)
  }
  checkTables(spec.name, spec.tables)

  // Closed over as a map: an event type such as `constructor` must not find Object's own members.
  const handlers = new Map(
    Object.entries<Handler<E> | undefined>(
      spec.on as Readonly<Record<string, Handler<E> | undefined>>, // the union of handlers, told apart by their key
    ).flatMap(([type, handler]) => (handler ? [[type, handler] as const] : [])),
  )
  const codecs = new Map(Object.entries(spec.codecs))

  return {
    name: spec.name,
    version: spec.version,
    context: spec.context,
    tables: spec.tables,
    changes(commit) {
      if (commit.context !== spec.context) return []
      const codec = codecs.get(commit.aggregateType)
      if (!codec) return []
      const changes: RowChange[] = []
      for (const stored of commit.events) {
        const handler = handlers.get(stored.type)
        if (!handler) continue
        for (const change of handler(codec.decode(stored), commit)) changes.push(change)
      }
      return changes
    },
  }
}

type Handler<E> = (event: E, commit: Commit) => readonly RowChange[]

function checkTables(projection: string, tables: ProjectionSpec<never>['tables']): void {
  const names = new Set<string>()
  for (const table of tables) {
    const refuse = (why: string) => {
      throw new Error(`projection ${projection}, table ${table.name}: ${why}`)
    }
    if (!identifier.test(table.name)) refuse('the name must be a plain identifier')
    if (names.has(table.name)) refuse('named twice')
    if (reservedNames.has(table.name)) refuse('the name is taken')
    names.add(table.name)
    for (const column of Object.keys(table.columns)) {
      if (!identifier.test(column)) refuse(`column ${column} must be a plain identifier`)
    }
    if (table.key.length === 0) refuse('has no key')
    for (const column of table.key) {
      const type = table.columns[column]
      if (!type) refuse(`key column ${column} is not a column`)
      // Rows are told apart by the text of their key.
      if (type && !comparable.has(type)) refuse(`a ${type} column cannot be in the key`)
    }
    if (table.isTemporal) {
      if (names.has(versionsTable(table))) refuse('its versions need the name of another table')
      names.add(versionsTable(table))
      for (const column of ['valid_from', 'valid_to']) {
        if (table.columns[column]) refuse(`column ${column} is what versions have themselves`)
      }
    }
    const organization = table.organizationColumn
    if (
      organization !== undefined &&
      !['uuid', 'text'].includes(table.columns[organization] ?? '')
    ) {
      refuse(`organization column ${organization} must be a uuid or text column`)
    }
  }
}
