import type { KindDefinition } from '../kind.ts'
import { findProgram } from '../program/find-program.ts'
import { keyPathRefusal } from '../sftp/key-file.ts'

export const rclone: KindDefinition = {
  kind: 'rclone',
  title: 'rclone',
  // Its configuration may name commands and files of this machine.
  isInstanceOnly: true,
  fields: [
    {
      name: 'remote',
      title: 'Remote',
      description:
        'Name of a remote in the configuration file, without the colon. Remotes of kinds there are here (local, sftp, ftp, smb) are refused: use those.',
      type: 'text',
      isRequired: true,
      example: 'offsite',
      pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/,
      patternHint: 'is the name of a remote: letters, digits and . _ -',
    },
    {
      name: 'path',
      title: 'Directory',
      description: 'Of the remote; for object stores the bucket comes first.',
      type: 'text',
      example: 'my-bucket/holdfast',
      pattern: /^([A-Za-z0-9_@+=][A-Za-z0-9._@+=-]*(\/|$))*$/,
      patternHint:
        'is a directory of letters, digits and . _ - @ + =, without .. and without a slash in front',
    },
    {
      name: 'config_path',
      title: 'Configuration file',
      description:
        'rclone.conf, below HOLDFAST_BACKUP_KEYS_DIR on this machine. rclone writes there when a service gives it new tokens.',
      type: 'text',
      isRequired: true,
      example: 'rclone.conf',
      isInstanceOnly: true,
    },
    {
      name: 'ca',
      title: 'Certificate authority',
      description: 'PEM. Certificates must then be of this authority, and no other counts.',
      type: 'text',
    },
    {
      name: 'config_password',
      title: 'Password of the configuration',
      description: 'When the file is encrypted.',
      type: 'secret',
    },
  ],
  check(settings, { keysDir }) {
    const why = keyPathRefusal(settings.text('config_path'), keysDir)
    return why === undefined
      ? []
      : [{ field: 'config.config_path', code: 'path_refused', detail: why }]
  },
  async unavailableBecause() {
    return findProgram('rclone') === undefined
      ? 'there is no rclone on its PATH; install it (Debian: rclone)'
      : undefined
  },
  async open(settings, surroundings) {
    const { openRclone } = await import('./rclone.ts')
    return await openRclone(settings, surroundings)
  },
}
