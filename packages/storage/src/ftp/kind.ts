import { checkHost } from '../host-check.ts'
import type { KindDefinition } from '../kind.ts'
import { remotePathHint, remotePathPattern } from '../sftp/kind.ts'
import { ftpSecurities } from './security.ts'

export const ftp: KindDefinition = {
  kind: 'ftp',
  title: 'FTP and FTPS',
  fields: [
    {
      name: 'host',
      title: 'Host',
      description: 'Name or address of the server; with TLS its certificate must be of this name.',
      type: 'text',
      isRequired: true,
      example: 'ftp.example.org',
    },
    {
      name: 'port',
      title: 'Port',
      description: 'Default 21, with implicit TLS 990.',
      type: 'integer',
      min: 1,
      max: 65_535,
    },
    {
      name: 'security',
      title: 'Encryption',
      description:
        'explicit: TLS is asked for before anybody signs in (AUTH TLS). implicit: TLS from the first byte. none: the password and every object can be read on the way; only goes to addresses the operator allows (HOLDFAST_EGRESS_ALLOW).',
      type: 'choice',
      choices: ftpSecurities,
      default: 'explicit',
    },
    {
      name: 'username',
      title: 'User',
      description: 'Account of the server.',
      type: 'text',
      isRequired: true,
      example: 'holdfast',
      pattern: /^[^\s].{0,127}$/,
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
    {
      name: 'ca',
      title: 'Certificate authority',
      description: 'PEM. Certificates must then be of this authority, and no other counts.',
      type: 'text',
    },
    {
      name: 'password',
      title: 'Password',
      description: 'Of the account.',
      type: 'secret',
      isRequired: true,
    },
  ],
  check: (settings, surroundings) =>
    checkHost('config.host', settings.text('host'), surroundings, {
      isPlain: settings.text('security') === 'none',
    }),
  addresses: (settings) => [
    {
      field: 'config.host',
      host: settings.text('host'),
      isPlain: settings.text('security') === 'none',
    },
  ],
  async open(settings, surroundings) {
    const { openFtp } = await import('./ftp.ts')
    return openFtp(settings, surroundings)
  },
}
