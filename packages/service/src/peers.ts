import type { Address, Values } from '@holdfast/config'
import type { MethodTable } from '@holdfast/proto'
import type { Telemetry } from '@holdfast/telemetry'
import { type Channel, openChannel } from './channel.ts'
import type { EdgeSpec } from './settings.ts'
import { readTlsIdentity } from './tls.ts'
import type { Client } from './types.ts'

/** The other services, as this process reaches them. */
export interface Peers {
  /** A client to the service that owns the table, or to the one named: some tables are served by several. */
  connect<T extends MethodTable>(table: T, service?: string): Client<T>
  close(): Promise<void>
}

/** One channel a service, opened when somebody first asks for it. */
export function peers(common: Values<EdgeSpec>, telemetry: Telemetry): Peers {
  const addresses: Readonly<Record<string, Address>> = {
    auth: common.authAddress,
    network: common.networkAddress,
    rules: common.rulesAddress,
    audit: common.auditAddress,
    backup: common.backupAddress,
    notify: common.notifyAddress,
  }
  const channels = new Map<string, Channel>()
  const tls = readTlsIdentity(common)
  return {
    connect<T extends MethodTable>(table: T, service = Object.values(table)[0]?.owner ?? '') {
      const address = addresses[service]
      if (address === undefined) throw new Error(`no address is known for ${service}`)
      const channel = channels.get(service) ?? openChannel({ address, service, tls, telemetry })
      channels.set(service, channel)
      return channel.client(table)
    },
    async close() {
      await Promise.all([...channels.values()].map((channel) => channel.close()))
    },
  }
}
