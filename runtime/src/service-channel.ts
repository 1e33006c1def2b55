import { openChannel, readTlsIdentity } from '@holdfast/service'
import type { Telemetry } from '@holdfast/telemetry'
import type { ServiceName } from './environment.ts'

/** How the supervisor reaches a service of its own. */
export interface ServiceAccess {
  readonly port: number
  readonly authorityFile: string
  /** Of the identity `supervisor`. */
  readonly certificate: string
  readonly key: string
  readonly telemetry: Telemetry
}

/** Runs `work` with a channel to the service, in the name of the supervisor. */
export async function withService<T>(
  service: ServiceName,
  access: ServiceAccess,
  work: (channel: ReturnType<typeof openChannel>) => Promise<T>,
): Promise<T> {
  const channel = openChannel({
    address: { host: '127.0.0.1', port: access.port },
    service,
    tls: readTlsIdentity({
      tlsCaFile: access.authorityFile,
      tlsCertFile: access.certificate,
      tlsKeyFile: access.key,
    }),
    telemetry: access.telemetry,
  })
  try {
    return await work(channel)
  } finally {
    await channel.close(1_000)
  }
}
