import { libc } from './native.ts'

/** The number of a device in this thread's network namespace; undefined when there is none of that name. */
export function ifindexOf(name: string): number | undefined {
  const index = libc().ifNameToIndex(name)
  return index === 0 ? undefined : index
}

/** Undefined when the device is gone. */
export function deviceName(ifindex: number): string | undefined {
  const name = Buffer.alloc(16)
  if (libc().ifIndexToName(ifindex, name) === null) return undefined
  return name.toString('latin1').replace(/\0.*$/s, '')
}
