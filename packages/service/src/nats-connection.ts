import type { Values } from '@holdfast/config'
import type { OpenLogOptions } from '@holdfast/event-log'
import type { EdgeSpec } from './settings.ts'

type Connection = Pick<OpenLogOptions, 'url' | 'name' | 'credentialsFile' | 'caFile'>

/** How this process comes to NATS, by the settings every process has. */
export const natsConnection = (name: string, settings: Values<EdgeSpec>): Connection => ({
  url: settings.natsUrl.join(','),
  name,
  ...(settings.natsCredentialsFile === undefined
    ? {}
    : { credentialsFile: settings.natsCredentialsFile }),
  ...(settings.natsCaFile === undefined ? {} : { caFile: settings.natsCaFile }),
})
