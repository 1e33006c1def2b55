import { readFileSync } from 'node:fs'

/**
 * Resident memory of a process with its children, in bytes; 0 when it is gone or the system has no /proc. Pages
 * several processes share (Postgres' buffers) count once, as each one's share.
 */
export function residentBytes(pid: number, children = childrenOf(pid)): number {
  return children.reduce((sum, child) => sum + residentBytes(child), ownBytes(pid))
}

function ownBytes(pid: number): number {
  const kib =
    field(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB$/m) ??
    // Another user's process does not tell its shares.
    field(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB$/m)
  return (kib ?? 0) * 1024
}

function field(path: string, pattern: RegExp): number | undefined {
  try {
    const text = pattern.exec(readFileSync(path, 'utf8'))?.[1]
    return text === undefined ? undefined : Number(text)
  } catch {
    return undefined
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
