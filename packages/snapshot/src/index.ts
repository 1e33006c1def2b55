export { type ContentItem, endLine, readContent, recordLine, sectionLine } from './content.ts'
export {
  type Batch,
  type CollectedPage,
  type CollectPage,
  type Contributor,
  type Domain,
  domains,
  type NumberedRecord,
  type Outcome,
  outcomes,
  RecordRefused,
  refusedFor,
} from './contributor.ts'
export {
  commandIdOf,
  contributorHandlers,
  maxPage,
  maxRecordBytes,
} from './contributor-handlers.ts'
export {
  exists,
  inTurns,
  missing,
  moment,
  type Note,
  nameKey,
  nameOf,
  noted,
  oneNamed,
  parsedList,
  promiseOf,
  promisesOf,
  type Read,
  refusal,
  stepContext,
  unchanged,
} from './import-step.ts'
export {
  keyFor,
  type OpenedSnapshot,
  openSnapshot,
  type SnapshotLimits,
  type Source,
  snapshotContent,
} from './open-snapshot.ts'
export type { SnapshotKey } from './protection.ts'
export { notASnapshot } from './recognize.ts'
export { type RecordFault, RecordFields } from './record-fields.ts'
export { type HeaderFacts, type Protection, type Sink, sealSnapshot } from './seal-snapshot.ts'
export {
  ImportTooLarge,
  NotASnapshot,
  OtherInstance,
  PassphraseNeeded,
  SnapshotDamaged,
  SnapshotSealed,
  SnapshotTooLarge,
  SnapshotVersionUnknown,
} from './snapshot-errors.ts'
export {
  type Manifest,
  type ManifestContributor,
  type ManifestOrganization,
  type ManifestSection,
  manifestJson,
  manifestLimits,
  type SnapshotHeader,
} from './snapshot-header.ts'
export {
  isJsonObject,
  type Json,
  type JsonLimits,
  type JsonObject,
  JsonRefused,
  parseStrictJson,
} from './strict-json.ts'
export { privilegedFields, type Stripped, strip } from './strip.ts'
