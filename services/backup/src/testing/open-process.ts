import { openLog } from '@holdfast/event-log'
import { openPostgres } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'

/** Where a process of a test finds what its parent has started. */
export interface ProcessPlaces {
  readonly postgresUrl: string
  readonly natsUrl: string
  readonly credentialsFile: string
  readonly stream: string
}

/** What every process of service backup that a test can kill begins with. */
export async function openProcess(places: ProcessPlaces) {
  const telemetry = createTelemetry('backup', { level: 'silent' })
  const postgres = openPostgres({
    url: { reveal: () => places.postgresUrl },
    name: 'backup',
    telemetry,
  })
  const log = await openLog({
    url: places.natsUrl,
    credentialsFile: places.credentialsFile,
    name: 'backup',
    context: 'backup',
    stream: places.stream,
    telemetry,
  })
  return { telemetry, postgres, log }
}
