/** For tests and benchmarks: rule sets, hosts and packets that follow from a seed. */
export {
  type ClassBenchSet,
  readClassBench,
  readTrace,
  type TracedPacket,
} from './testing/classbench.ts'
export { type Dress, drawDress, dressed, encodePacket } from './testing/encode-packet.ts'
export { type FactsOptions, generateFacts, passing } from './testing/facts.ts'
export { hostileBytes } from './testing/hostile.ts'
export { drawPacket } from './testing/packets.ts'
export { Random } from './testing/random.ts'
export {
  generateRuleSet,
  type RuleSetOptions,
  type Shape,
  shapes,
  testNow,
} from './testing/rule-sets.ts'
