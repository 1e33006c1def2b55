/** Names in a bpffs. What is pinned outlives every process, until the name is removed or the file system goes. */
import { unlinkSync } from 'node:fs'
import { Attributes, answered, bpf } from './syscall.ts'
import { command } from './uapi.ts'

/** Gives the thing behind a descriptor a name. Refused with EEXIST when the name is taken. */
export function pinDescriptor(fd: number, path: string): void {
  const attributes = new Attributes(16).path(0, path).u32(8, fd)
  answered(`pin ${path}`, bpf(command.objPin, attributes))
}

/** A descriptor of the thing pinned there. Refused with ENOENT when there is none. */
export function pinnedDescriptor(path: string): number {
  const attributes = new Attributes(16).path(0, path)
  return answered(`open ${path}`, bpf(command.objGet, attributes))
}

/** Whether there was one. A link whose last holder this was is detached by it. */
export function unpin(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
