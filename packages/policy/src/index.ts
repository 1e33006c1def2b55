export { concerns, inOrder, isExpired, isInForce, nextExpiry, rulesOn } from './concerns.ts'
export { TooManyDevices, TooManyLines, TooManyRules } from './errors.ts'
export { deviceOf, type IpPacket, judge, linesOf, verdictOf, viewOf } from './evaluate.ts'
export * from './intermediate.ts'
export * from './model.ts'
export {
  etherTypes,
  type PacketOrigin,
  parsePacket,
  type UnparsableReason,
  unparsableReasons,
} from './parse-packet.ts'
export { policyVersion } from './policy-version.ts'
export { resolve } from './resolve.ts'
