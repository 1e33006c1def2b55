export { type Analysis, type AnalyzeOptions, analyze, type RuleUse } from './analyze.ts'
export {
  type AccessComparison,
  type AccessDifference,
  type AccessSide,
  compareAccess,
  type Decision,
} from './compare-access.ts'
export { concerns, inOrder, isExpired, isInForce, nextExpiry, rulesOn } from './concerns.ts'
export { TooManyDevices, TooManyLines, TooManyRules } from './errors.ts'
export { deviceOf, type Field, type IpPacket, judge, linesOf, viewOf } from './evaluate.ts'
export { type Explanation, explain, maxSteps, protocolName, type Step } from './explain.ts'
export { type Finding, type FindingKind, findingKinds, type PlacedWitness } from './finding.ts'
export * from './intermediate.ts'
export * from './model.ts'
export { type NftablesCounters, readNftablesCounters } from './nftables/counters.ts'
export { NftablesUnreadable, readNftables } from './nftables/read.ts'
export {
  type NftablesGap,
  type NftablesOptions,
  nftablesGaps,
  renderNftables,
} from './nftables/render.ts'
export { type PacketDescription, packetOf } from './packet-of.ts'
export {
  type AddressRange,
  isEveryAddress,
  isEveryPort,
  otherAddresses,
  type PacketKind,
  type PacketRegion,
  printAddresses,
  rangesOf,
  regionHas,
} from './packet-region.ts'
export {
  etherTypes,
  type PacketOrigin,
  parsePacket,
  type UnparsableReason,
  unparsableReasons,
} from './parse-packet.ts'
export { type CapturedPacket, CaptureUnreadable, maxCapturedPackets, readPcap } from './pcap.ts'
export { type PeerRegions, peerRegions } from './peer-regions.ts'
export { type PolicyTestResult, runPolicyTest } from './policy-test.ts'
export { policyVersion, viewDigest } from './policy-version.ts'
export { resolve } from './resolve.ts'
export {
  flowTimeoutSeconds,
  maxFlows,
  maxSourceBuckets,
  StatefulReference,
  type TimedJudgement,
} from './stateful.ts'
export { type RateUnits, rateUnits, TokenBucket } from './token-bucket.ts'
export type { ObservedHosts } from './too-wide.ts'
export { Budget, findWitness, type Search, type Witness } from './witness.ts'
