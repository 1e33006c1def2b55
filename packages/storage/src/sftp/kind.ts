import type { FieldError } from '@holdfast/errors'
import { checkHost } from '../host-check.ts'
import type { KindDefinition } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StorageField } from '../types.ts'
import { keyPathRefusal } from './key-file.ts'

/** Fields of whatever speaks SSH. */
export const hostKeyField: StorageField = {
  name: 'host_key_sha256',
  title: 'Host key',
  description:
    'Fingerprint of the host key, as `ssh-keygen -lf` prints it. Leave it empty and test the location to be told the key that was seen; nothing is sent to a server whose key is not named here. Several are separated by spaces.',
  type: 'text',
  example: 'SHA256:uNiVztksCsDhcc0u9e8BrfJXVGQDjG3gOHl5Y0GGCrY',
  pattern: /^((SHA256:)?[A-Za-z0-9+/]{43}=?)([\s,]+(SHA256:)?[A-Za-z0-9+/]{43}=?)*$/,
  patternHint: 'must be SHA256: and 43 characters, as ssh-keygen -lf prints it',
}

/** A directory of the other side: no `..`, nothing a protocol or a shell reads in its own way. */
export const remotePathPattern = /^\/?([A-Za-z0-9_@+=%~][A-Za-z0-9._@+=%~-]*(\/|$))*$/
export const remotePathHint =
  'is a directory of letters, digits and . _ - @ + = % ~, without .. and without a name that begins with a dot or a dash'

export const sftp: KindDefinition = {
  kind: 'sftp',
  title: 'SFTP',
  fields: [
    {
      name: 'host',
      title: 'Host',
      description: 'Name or address of the server.',
      type: 'text',
      isRequired: true,
      example: 'backup.example.org',
    },
    {
      name: 'port',
      title: 'Port',
      description: 'Of SSH.',
      type: 'integer',
      default: 22,
      min: 1,
      max: 65_535,
    },
    {
      name: 'username',
      title: 'User',
      description: 'Account of the server.',
      type: 'text',
      isRequired: true,
      example: 'holdfast',
      pattern: /^[^\s:@/\\-][^\s:/\\]{0,127}$/,
      patternHint: 'must be the name of an account',
    },
    {
      name: 'path',
      title: 'Directory',
      description:
        'Where objects are put; made when it is missing. Without a leading slash it is below the directory the server logs in to.',
      type: 'text',
      example: 'backups/holdfast',
      pattern: remotePathPattern,
      patternHint: remotePathHint,
    },
    hostKeyField,
    {
      name: 'private_key_path',
      title: 'File of the private key',
      description:
        'A file below HOLDFAST_BACKUP_KEYS_DIR on this machine, instead of giving the key itself.',
      type: 'text',
      example: 'offsite_ed25519',
      isInstanceOnly: true,
    },
    {
      name: 'password',
      title: 'Password',
      description: 'Of the account; not needed with a private key.',
      type: 'secret',
    },
    {
      name: 'private_key',
      title: 'Private key',
      description: 'OpenSSH or PEM format.',
      type: 'multiline_secret',
    },
    {
      name: 'passphrase',
      title: 'Passphrase',
      description: 'Of the private key, when it has one.',
      type: 'secret',
    },
  ],
  check: (settings, surroundings) => [
    ...checkHost('config.host', settings.text('host'), surroundings, { isPlain: false }),
    ...checkKeys(settings, surroundings),
  ],
  addresses: (settings) => [{ field: 'config.host', host: settings.text('host'), isPlain: false }],
  async open(settings, surroundings) {
    const { openSftp } = await import('./sftp.ts')
    return await openSftp(settings, surroundings)
  },
}

/** One private key at most, and something to sign in with. */
export function checkKeys(settings: Settings, { keysDir }: Surroundings): readonly FieldError[] {
  const [path, key] = [settings.text('private_key_path'), settings.secret('private_key')]
  if (path === '' && key === '' && settings.secret('password') === '') {
    const detail = 'a password or a private key must be given'
    return [{ field: 'credentials.password', code: 'required', detail }]
  }
  if (path === '') return []
  const field = 'config.private_key_path'
  if (key !== '') return [{ field, code: 'conflict', detail: 'give one private key, not two' }]
  const why = keyPathRefusal(path, keysDir)
  return why === undefined ? [] : [{ field, code: 'path_refused', detail: why }]
}
