export { type EncodedRow, encodeValue, rowEncoder } from './encode.ts'
export { MigrationEdited, MigrationMissing, PostgresUnavailable } from './errors.ts'
export { type Migrated, migrate } from './migrate.ts'
export { openPostgres, type PostgresOptions } from './open-postgres.ts'
export {
  containing,
  keyset,
  type Page,
  type PageWish,
  type Position,
  parsePage,
  sequenceOf,
  startingWith,
  toPage,
} from './page.ts'
export { pastOf, relation, versionsOf } from './relation.ts'
export { searchable } from './searchable.ts'
export { Sql, sql } from './sql.ts'
export { isConnectionError, isDataError, isLockTimeout } from './translate-error.ts'
export {
  type Isolation,
  type PgType,
  type Postgres,
  pgTypes,
  type Queryable,
  type QueryOptions,
  type ReadScope,
  type Row,
  type Session,
  type Transaction,
  type TxOptions,
} from './types.ts'
export { unnest } from './unnest.ts'
