import type { ObjectKind } from '@holdfast/catalogue'
import type { FlatFields, Json } from './flat-fields.ts'

/**
 * Parts of an object that events replace as a whole: what a settings event does not name is at its default
 * afterwards, and a new key leaves the settings alone. A field is in one slot, and its path does not name it.
 */
export const slots = ['facts', 'settings', 'keys', 'more', 'state'] as const
export type Slot = (typeof slots)[number]
export type SlotFields = Readonly<Partial<Record<Slot, FlatFields>>>

export interface ObjectKey {
  readonly kind: ObjectKind
  readonly id: string
}

/** What one event does to one object. Needs nothing but the event. */
export type ObjectChange = ObjectKey &
  (
    | {
        /** It is there from now on, with exactly these fields; what it was before is gone, members excepted. */
        readonly op: 'put'
        readonly organizationId: string | undefined
        readonly parentId: string | undefined
        readonly name: string
        readonly slots: SlotFields
      }
    /** Replaces the slots it names. Nothing when there is no such object; so for members. */
    | { readonly op: 'patch'; readonly name?: string; readonly slots: SlotFields }
    | {
        readonly op: 'member'
        readonly field: string
        readonly member: string
        /** Undefined: not a member any more. */
        readonly value: Json | undefined
      }
    /** It is gone, its members too. */
    | { readonly op: 'remove' }
    /** Everything of that kind below the object is gone. */
    | { readonly op: 'removeChildren'; readonly childKind: ObjectKind }
  )
