export { openBundleSource } from './bundle-source.ts'
export { type CopySourceOptions, openCopySource } from './copy/copy-source.ts'
export * from './errors.ts'
export { type KeyMaterial, keyFrom, type RestoreKey } from './key.ts'
export type { RestorePoint } from './log-facts.ts'
export type { RestoreProgress } from './progress.ts'
export { planJson, type RestorePlan, type RestoreReport, reportJson } from './report.ts'
export {
  type PlanOptions,
  planInstance,
  type RestoreOptions,
  type RestoreStage,
  restoreInstance,
  restoreStages,
} from './restore.ts'
export type { BackupSource } from './source.ts'
export type { Target } from './target.ts'
