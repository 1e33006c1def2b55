import type { Logger } from '@holdfast/telemetry'
import type { Host } from './apply/host.ts'
import type { OwnedDevices } from './state/owned-devices.ts'

export interface UninstallOptions {
  readonly owned: OwnedDevices
  readonly host: Host
  /** Takes programs, maps and tables of ours out of the kernel. */
  readonly removeFirewall: () => Promise<void>
  readonly log: Logger
}

/**
 * Takes everything of ours out of the kernel: devices first, so that no packet passes one without its rules. What is on
 * disk stays, for the administrator to keep or to throw away. May run twice.
 */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const { owned, host, log } = options
  for (const id of owned.ids()) {
    const record = owned.get(id)
    if (!record) continue
    const device = await host.read(record.device).catch(() => undefined)
    if (device && owned.isOurs(id, record.device, device.ifindex)) {
      await host.delete(record.device)
      log.info({ device: record.device }, 'took a device away')
    }
    await owned.remove(id)
  }
  await options.removeFirewall()
}
