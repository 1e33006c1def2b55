import { addressOf, checkUrl } from '../host-check.ts'
import type { KindDefinition } from '../kind.ts'

export const webdav: KindDefinition = {
  kind: 'webdav',
  title: 'WebDAV',
  fields: [
    {
      name: 'url',
      title: 'URL',
      description: 'Of the folder everything is put in; it must be there already.',
      type: 'text',
      isRequired: true,
      example: 'https://cloud.example.org/remote.php/dav/files/backup/holdfast',
      pattern: /^https?:\/\//i,
      patternHint: 'must begin with https://',
    },
    {
      name: 'username',
      title: 'User',
      description: 'Empty: nobody is asked for.',
      type: 'text',
      pattern: /^[^:]+$/,
      patternHint: 'must not hold a colon',
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
      description:
        'Of the user; an app password where the service has them. Sent as HTTP basic authentication.',
      type: 'secret',
    },
  ],
  check(settings, surroundings) {
    const errors = [...checkUrl('config.url', settings.text('url'), surroundings)]
    const isNamed = settings.text('username') !== ''
    const hasPassword = settings.secret('password') !== ''
    const required = (field: string) => {
      errors.push({ field, code: 'required', detail: 'user and password are given together' })
    }
    if (isNamed && !hasPassword) required('credentials.password')
    if (!isNamed && hasPassword) required('config.username')
    return errors
  },
  addresses: (settings) => [addressOf('config.url', settings.text('url'))],
  async open(settings, surroundings) {
    const { webdavStorage } = await import('./storage.ts')
    return webdavStorage(settings, surroundings)
  },
}
