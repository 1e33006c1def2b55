import { Attributes, bpf, closeDescriptor } from '../syscall.ts'
import { command, mapTypes } from '../uapi.ts'

/** Why this process cannot use BPF; undefined when it can. For tests to skip by. */
export function bpfMissing(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux'
  if (process.getuid?.() !== 0) return 'needs root for BPF'
  const attributes = new Attributes(72).u32(0, mapTypes.array).u32(4, 4).u32(8, 4).u32(12, 1)
  const fd = bpf(command.mapCreate, attributes)
  if (fd < 0) return `BPF is not permitted here (errno ${-fd})`
  closeDescriptor(fd)
  return undefined
}
