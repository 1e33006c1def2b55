import { checkHost } from '../host-check.ts'
import type { KindDefinition } from '../kind.ts'
import { findProgram } from '../program/find-program.ts'
import type { Settings } from '../settings.ts'
import { checkKeys, hostKeyField, remotePathHint, sftp } from '../sftp/kind.ts'

const isDaemon = (settings: Settings): boolean => settings.text('transport') === 'daemon'
const sshField = (name: string) => sftp.fields.filter((field) => field.name === name)

export const rsync: KindDefinition = {
  kind: 'rsync',
  title: 'rsync',
  // A program of this machine, written in C, that reads what the other side says.
  isInstanceOnly: true,
  fields: [
    {
      name: 'transport',
      title: 'Transport',
      description:
        'ssh: rsync is started over SSH at the other side. daemon: an rsync daemon, which encrypts nothing; only goes to addresses the operator allows (HOLDFAST_EGRESS_ALLOW).',
      type: 'choice',
      choices: ['ssh', 'daemon'],
      default: 'ssh',
    },
    ...sshField('host'),
    {
      name: 'port',
      title: 'Port',
      description: 'Default 22, of a daemon 873.',
      type: 'integer',
      min: 1,
      max: 65_535,
    },
    {
      name: 'username',
      title: 'User',
      description: 'Account of the server, or of the module.',
      type: 'text',
      isRequired: true,
      example: 'holdfast',
      pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
      patternHint: 'is letters, digits and . _ -',
    },
    {
      name: 'module',
      title: 'Module',
      description: 'Of the daemon.',
      type: 'text',
      pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
      patternHint: 'is letters, digits and . _ -',
    },
    {
      name: 'path',
      title: 'Directory',
      description:
        'Where objects are put; made when it is missing. Without a leading slash it is below the directory the server logs in to, or below the module.',
      type: 'text',
      example: 'backups/holdfast',
      // No tilde: a shell at the other side would read it.
      pattern: /^\/?([A-Za-z0-9_@+=%][A-Za-z0-9._@+=%-]*(\/|$))*$/,
      patternHint: remotePathHint.replace(' % ~', ' %'),
    },
    hostKeyField,
    ...sshField('private_key_path'),
    ...['password', 'private_key', 'passphrase'].flatMap(sshField),
  ],
  check(settings, surroundings) {
    const host = checkHost('config.host', settings.text('host'), surroundings, {
      isPlain: isDaemon(settings),
    })
    if (!isDaemon(settings)) return [...host, ...checkKeys(settings, surroundings)]
    const required = { code: 'required', detail: 'an rsync daemon needs it' } as const
    return [
      ...host,
      ...(settings.text('module') === '' ? [{ field: 'config.module', ...required }] : []),
      ...(settings.secret('password') === ''
        ? [{ field: 'credentials.password', ...required }]
        : []),
    ]
  },
  addresses: (settings) => [
    { field: 'config.host', host: settings.text('host'), isPlain: isDaemon(settings) },
  ],
  async unavailableBecause() {
    const missing = ['rsync', 'ssh'].filter((name) => findProgram(name) === undefined)
    return missing.length === 0
      ? undefined
      : `there is no ${missing.join(' and no ')} on its PATH; install it (Debian: rsync, openssh-client)`
  },
  async open(settings, surroundings) {
    const { openRsync } = await import('./rsync.ts')
    return await openRsync(settings, surroundings)
  },
}
