import type { ObjectKind } from '@holdfast/catalogue'
import { isUuid } from '@holdfast/domain'
import { type FlatFields, flatten, isRecord } from './flat-fields.ts'
import type { ObjectChange, SlotFields } from './object-change.ts'

/** An event as its handler sees it. */
export interface EventView {
  /** As printEventData has it, secrets as seals. */
  readonly data: Readonly<Record<string, unknown>>
  /** Of the catalogue: what the action is about. */
  readonly kind: ObjectKind
  /** Of the aggregate. */
  readonly id: string
  /** What the aggregate's id names before its own: the node of an interface. */
  readonly within: string | undefined
  /** Nothing was said of the aggregate before. */
  readonly isFirst: boolean
  /** Of the commit. */
  readonly organizationId: string | undefined
}

export type Handler = (event: EventView) => readonly ObjectChange[]

export const textOf = ({ data }: EventView, field: string): string => {
  const value = data[field]
  return typeof value === 'string' ? value : ''
}
export const recordOf = ({ data }: EventView, field: string): Readonly<Record<string, unknown>> => {
  const value = data[field]
  return isRecord(value) ? value : {}
}
export const nameIn = (value: Readonly<Record<string, unknown>>): string =>
  typeof value['name'] === 'string' ? value['name'] : ''

/** These fields of an event, flat. */
export const only = ({ data }: EventView, ...names: readonly string[]): FlatFields =>
  flatten(Object.fromEntries(names.map((name) => [name, data[name]])))

/** Whose it is: what the event says, or else whose commit it is. */
export const organizationOf = (event: EventView): string | undefined =>
  textOf(event, 'organization_id') || event.organizationId || undefined

/** The aggregate itself, begun anew. */
export const put = (
  event: EventView,
  slots: SlotFields,
  name: string,
  parentId?: string,
): readonly ObjectChange[] => [
  {
    op: 'put',
    kind: event.kind,
    id: event.id,
    organizationId: organizationOf(event),
    parentId,
    name,
    slots,
  },
]
export const patch = (
  event: EventView,
  slots: SlotFields,
  name?: string,
): readonly ObjectChange[] => [
  { op: 'patch', kind: event.kind, id: event.id, slots, ...(name === undefined ? {} : { name }) },
]
export const remove = ({ kind, id }: EventView): readonly ObjectChange[] => [
  { op: 'remove', kind, id },
]
export const state =
  (fields: FlatFields): Handler =>
  (event) =>
    patch(event, { state: fields })

export const settingsOf = (event: EventView): FlatFields => only(event, 'settings')

/** An object inside the aggregate, by the field that names it. What bears no id is none. */
export const inner = (
  event: EventView,
  field: string,
  change: (key: { readonly kind: ObjectKind; readonly id: string }) => readonly ObjectChange[],
): readonly ObjectChange[] => {
  const id = textOf(event, field)
  return isUuid(id) ? change({ kind: event.kind, id }) : []
}
export const innerRemove =
  (field: string): Handler =>
  (event) =>
    inner(event, field, (key) => [{ ...key, op: 'remove' }])

export const settled: Handler = (event) =>
  patch(event, { settings: settingsOf(event) }, nameIn(recordOf(event, 'settings')))

/** One holds a name at a time; the id of the reservation stands for the name. */
export const reserved: Handler = (event) =>
  put(event, { facts: only(event, 'user_id', 'holder_id', 'kind') }, '')
