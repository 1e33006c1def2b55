import { type RunTool, ToolFailed } from './run-tool.ts'

export const drivers = ['kernel', 'userspace'] as const
export type Driver = (typeof drivers)[number]

export const driverChoices = ['auto', ...drivers] as const
export type DriverChoice = (typeof driverChoices)[number]

/** What `ip -d link` calls the devices of each driver. */
export const kinds: Readonly<Record<Driver, string>> = { kernel: 'wireguard', userspace: 'tun' }

export const driverOfKind = (kind: string): Driver | undefined =>
  kind === kinds.kernel ? 'kernel' : kind === kinds.userspace ? 'userspace' : undefined

/** Makes a device that is down and has no key. The kernel's own where it has one, unless told otherwise. */
export async function createDevice(
  run: RunTool,
  device: string,
  choice: DriverChoice,
): Promise<void> {
  if (choice !== 'userspace') {
    try {
      await run('ip', ['link', 'add', 'dev', device, 'type', 'wireguard'])
      return
    } catch (error) {
      if (choice === 'kernel' || !isUnsupported(error)) throw error
    }
  }
  // It forks once device and socket are there. In a session of its own, its tunnel outlives the agent.
  await run('wireguard-go', [device], { isDetached: true })
}

const isUnsupported = (error: unknown): boolean =>
  error instanceof ToolFailed && /Unknown device type|not supported/.test(error.stderr)

/** Takes a device away; wireguard-go ends with its device. */
export async function deleteDevice(run: RunTool, device: string): Promise<void> {
  await run('ip', ['link', 'delete', 'dev', device])
}
