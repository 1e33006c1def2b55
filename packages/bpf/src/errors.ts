import { defineError } from '@holdfast/errors'

/** Nothing of BPF works here: no library, no right, no kernel for it. Another backend may. */
export const BpfUnavailable = defineError(
  'bpf.unavailable',
  'unavailable',
  (d: { reason: string }) => `BPF cannot be used on this host: ${d.reason}`,
)

/** One request the kernel, or libbpf for it, said no to. `errno` is its name, for example `ENOENT`. */
export const BpfRefused = defineError(
  'bpf.refused',
  'illegal_state',
  (d: { what: string; errno: string; reason: string }) =>
    `cannot ${d.what}: ${d.reason === '' ? d.errno : `${d.reason} (${d.errno})`}`,
)

/** The kernel does not take the program. `verifierLog` is the end of what it said, bounded. */
export const BpfLoadFailed = defineError(
  'bpf.load_failed',
  'illegal_state',
  (d: { object: string; errno: string; reason: string; verifierLog: string }) =>
    `cannot load ${d.object}: ${d.reason === '' ? d.errno : `${d.reason} (${d.errno})`}`,
)

/** Whether the kernel refused with this errno. */
export const isRefusal = (error: unknown, ...errnos: readonly string[]): boolean =>
  BpfRefused.is(error) && errnos.includes(error.details['errno'] ?? '')
