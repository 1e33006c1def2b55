export * from './intermediate.ts'
export * from './model.ts'
export {
  etherTypes,
  type PacketOrigin,
  parsePacket,
  type UnparsableReason,
  unparsableReasons,
} from './parse-packet.ts'
