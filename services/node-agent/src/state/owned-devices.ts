import { readFileSync } from 'node:fs'
import { readIfThere, writeDurably } from './durable-file.ts'

/** A device the agent made, or is about to make. */
export interface OwnedDevice {
  readonly device: string
  /** Of the boot it was made in: the kernel forgets devices, and counts anew, with each. */
  readonly bootId: string
  /** The kernel's number of it; undefined between the claim and the making. */
  readonly ifindex?: number
}

/** Which devices are ours, by interface id. The agent touches no other. */
export interface OwnedDevices {
  get(interfaceId: string): OwnedDevice | undefined
  ids(): readonly string[]
  /** Says before the making that the name is ours, or after it which device that is. Durable on return. */
  put(interfaceId: string, device: string, ifindex?: number): Promise<void>
  remove(interfaceId: string): Promise<void>
  /** Whether a device of this name and number is the one we made. */
  isOurs(interfaceId: string, device: string, ifindex: number): boolean
}

export function currentBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown'
  }
}

export async function openOwnedDevices(path: string, bootId: string): Promise<OwnedDevices> {
  const devices = new Map(Object.entries(parse(await readIfThere(path))))
  let writing: Promise<void> = Promise.resolve()

  const save = (): Promise<void> => {
    const content = `${JSON.stringify(Object.fromEntries(devices), undefined, 2)}\n`
    writing = writing.catch(() => {}).then(() => writeDurably(path, content))
    return writing
  }

  return {
    get: (id) => devices.get(id),
    ids: () => [...devices.keys()],
    put(id, device, ifindex) {
      const known = devices.get(id)
      if (
        known?.device === device &&
        known.bootId === bootId &&
        ifindex !== undefined &&
        known.ifindex === ifindex
      ) {
        return Promise.resolve()
      }
      devices.set(id, { device, bootId, ...(ifindex === undefined ? {} : { ifindex }) })
      return save()
    },
    remove(id) {
      return devices.delete(id) ? save() : Promise.resolve()
    },
    isOurs(id, device, ifindex) {
      const known = devices.get(id)
      return (
        known?.device === device &&
        known.bootId === bootId &&
        (known.ifindex === undefined || known.ifindex === ifindex)
      )
    },
  }
}

/** Damage means that nothing is ours: devices of our keys are recognized by their key and adopted again. */
function parse(content: Buffer | undefined): Record<string, OwnedDevice> {
  if (!content) return {}
  try {
    return JSON.parse(content.toString()) as Record<string, OwnedDevice> // as: we wrote it
  } catch {
    return {}
  }
}
