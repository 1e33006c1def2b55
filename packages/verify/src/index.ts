export { verifyArchive } from './archive.ts'
export { UsageError } from './arguments.ts'
export { type Auditor, parseKeys, parseKnown } from './auditor.ts'
export { verifyBundle } from './bundle.ts'
export { type NamedText, verifyConsistency } from './consistency.ts'
export { verifyEntry } from './entry.ts'
export { codes, type Finding, type FindingCode, Findings, sentence } from './findings.ts'
export type { VerifyProgress } from './progress-line.ts'
export {
  type CheckpointReport,
  type ExitCode,
  exitCodeOf,
  exitCodes,
  type GivenUp,
  type KeyReport,
  toJson,
  toText,
  type VerifyResult,
  type WitnessReport,
} from './result.ts'
