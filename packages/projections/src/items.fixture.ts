import { defineProjection } from './define-projection.ts'
import { idOf, jsonCodec, type MemoryLog } from './memory-log.fixture.ts'

type ItemEvent =
  | { type: 'ItemPut'; id: string; name: string; secret: string }
  | { type: 'ItemRenamed'; id: string; name: string }
  | { type: 'ItemRemoved'; id: string }

/** A read model with a temporal table and a plain one. */
export const items = defineProjection<ItemEvent>({
  name: 'network.items',
  version: 1,
  context: 'network',
  codecs: { interface: jsonCodec },
  tables: [
    {
      name: 'items',
      columns: { id: 'uuid', name: 'text', secret: 'text', sequence: 'bigint' },
      key: ['id'],
      indexes: ['(name, id)'],
      isTemporal: true,
    },
    { name: 'renames', columns: { id: 'uuid', count: 'integer' }, key: ['id'] },
  ],
  on: {
    ItemPut: ({ id, name, secret }, { sequence }) => [
      { op: 'put', table: 'items', row: { id, name, secret, sequence } },
      { op: 'put', table: 'renames', row: { id, count: 0 } },
    ],
    ItemRenamed: ({ id, name }, { sequence }) => [
      { op: 'patch', table: 'items', key: { id }, set: { name, sequence } },
      { op: 'add', table: 'renames', key: { id }, column: 'count', by: 1 },
    ],
    ItemRemoved: ({ id }) => [
      { op: 'remove', table: 'items', key: { id } },
      { op: 'remove', table: 'renames', key: { id } },
    ],
  },
})

export const itemId = (n: number): string => idOf(`item ${n}`)

/** One more commit about one of the first items. */
export function appendItem(log: MemoryLog): bigint {
  const n = log.commits.length
  const id = itemId(n % 97)
  const name = `name ${n}`
  const event: ItemEvent =
    n % 5 === 4
      ? { type: 'ItemRemoved', id }
      : n % 3 === 1
        ? { type: 'ItemRenamed', id, name }
        : { type: 'ItemPut', id, name, secret: 'hush' }
  return log.append([event]).sequence
}
