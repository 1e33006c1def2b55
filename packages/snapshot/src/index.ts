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
  moment,
  type Note,
  nameKey,
  noted,
  parsedList,
  promiseOf,
  promisesOf,
  refusal,
  stepContext,
} from './import-step.ts'
export { type RecordFault, RecordFields } from './record-fields.ts'
export {
  isJsonObject,
  type Json,
  type JsonLimits,
  type JsonObject,
  JsonRefused,
  parseStrictJson,
} from './strict-json.ts'
export { privilegedFields, type Stripped, strip } from './strip.ts'
