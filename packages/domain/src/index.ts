export { assertNever } from './assert-never.ts'
export type { Brand } from './brand.ts'
export type { Decider } from './decider.ts'
export { gather } from './gather.ts'
export * from './ids.ts'
export {
  type NameCommand,
  type NameEvent,
  type NameState,
  nameReservation,
} from './name-reservation.ts'
export { rfc3339 } from './rfc3339.ts'
