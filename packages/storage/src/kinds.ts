import { dropbox } from './dropbox/kind.ts'
import { ftp } from './ftp/kind.ts'
import { googleDrive } from './google-drive/kind.ts'
import type { KindDefinition } from './kind.ts'
import { local, nfs } from './local/kind.ts'
import { rclone } from './rclone/kind.ts'
import { rsync } from './rsync/kind.ts'
import { s3 } from './s3/kind.ts'
import { sftp } from './sftp/kind.ts'
import { webdav } from './webdav/kind.ts'

/** Every kind there is, in the order people are shown them: one line each. */
export const storageKinds: readonly KindDefinition[] = [
  local,
  nfs,
  s3,
  sftp,
  ftp,
  rsync,
  rclone,
  webdav,
  googleDrive,
  dropbox,
]
