import {
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageInvalidAnswer,
  StorageRefused,
  StorageUnreachable,
} from '../errors.ts'
import type { ProgramEnd } from '../program/run-program.ts'

/** What is not there: codes of a partial transfer, and its words. */
export const saysMissing = ({ stderr }: ProgramEnd): boolean =>
  /No such file or directory \(2\)/.test(stderr)

/** What rsync's end means. Its words decide and are not shown: they can hold what the other side likes. */
export function rsyncError({ code, stderr }: ProgramEnd, host: string): Error {
  const how = code === undefined ? 'was ended' : `ended with ${code}`
  if (/No space left on device|Disk quota exceeded|File too large \(27\)/.test(stderr)) {
    return StorageFull({ why: `${host} has no room left` })
  }
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION/.test(stderr)) {
    return StorageRefused({
      why: `the host key of ${host} is another than host_key_sha256 names: somebody may be in between, or the server has a new key; test the location to be told which one it is now`,
    })
  }
  if (
    /Permission denied|auth failed|Operation not permitted|Read-only file system|module is read only/i.test(
      stderr,
    )
  ) {
    return StorageDenied({ why: `${host} does not let this user in, or not do this` })
  }
  if (/Unknown module/.test(stderr)) return StorageDenied({ why: `${host} has no such module` })
  if (/command not found|not found\b.*rsync|rsync: not found|unknown option/i.test(stderr)) {
    return StorageInvalidAnswer({ why: `${host} has no rsync that we can talk to` })
  }
  if (
    /Connection refused|No route to host|Network is unreachable|timed out|Could not resolve/.test(
      stderr,
    )
  ) {
    return StorageUnreachable({ why: `rsync does not reach ${host}` })
  }
  return StorageBroken({ why: `rsync ${how} on the way to ${host}` })
}
