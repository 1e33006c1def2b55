import {
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageRefused,
  StorageUnreachable,
} from '../errors.ts'
import type { ProgramEnd } from '../program/run-program.ts'

/** rclone's codes for a directory and for a file. */
export const isMissing = ({ code, stderr }: ProgramEnd): boolean =>
  code === 3 ||
  code === 4 ||
  /object not found|directory not found|is a directory or doesn't exist/i.test(stderr)

/** What rclone's end means. Its words decide and are not shown: they hold URLs, and what the other side likes. */
export function rcloneError({ code, stderr }: ProgramEnd, remote: string): Error {
  if (
    /no space left|insufficient storage|\b507\b|quota|storage_?limit|disk full|file too large/i.test(
      stderr,
    )
  ) {
    return StorageFull({ why: `${remote} has no room left` })
  }
  if (/x509|certificate|tls: /i.test(stderr)) {
    return StorageRefused({ why: `${remote} has no certificate we accept` })
  }
  if (
    /\b40[13]\b|unauthorized|forbidden|access ?denied|permission denied|invalid_grant|SignatureDoesNotMatch|InvalidAccessKeyId/i.test(
      stderr,
    )
  ) {
    return StorageDenied({ why: `${remote} does not let this account in, or not do this` })
  }
  if (/couldn't decrypt configuration|password is not|config file.*encrypted/i.test(stderr)) {
    return StorageDenied({ why: 'config_password does not open the configuration of rclone' })
  }
  if (
    /connection refused|no such host|no route to host|network is unreachable|Bad Gateway|proxyconnect|502 Refused/i.test(
      stderr,
    )
  ) {
    return StorageUnreachable({ why: `rclone does not reach ${remote}` })
  }
  return StorageBroken({ why: `rclone ${code === undefined ? 'was ended' : `ended with ${code}`}` })
}
