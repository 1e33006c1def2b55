import { closeSync, constants, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * A name for a unix socket at `path` that the kernel takes: it has room for 107 bytes, data directories may be
 * deeper. The directory's descriptor makes a long one short (Linux). Call `close` once bound or connected.
 */
export function shortSocketPath(path: string): { readonly path: string; close(): void } {
  if (Buffer.byteLength(path) <= 100 || process.platform !== 'linux') {
    return { path, close: () => undefined }
  }
  const descriptor = openSync(dirname(path), constants.O_RDONLY)
  return {
    path: `/proc/self/fd/${descriptor}/${basename(path)}`,
    close: () => closeSync(descriptor),
  }
}
