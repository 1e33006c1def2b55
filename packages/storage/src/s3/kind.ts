import { addressOf, checkUrl } from '../host-check.ts'
import type { KindDefinition } from '../kind.ts'

export const s3: KindDefinition = {
  kind: 's3',
  title: 'S3 and compatible',
  fields: [
    {
      name: 'endpoint',
      title: 'Endpoint',
      description: 'URL of the service. Empty: Amazon S3 in the region.',
      type: 'text',
      example: 'https://s3.example.org',
      pattern: /^https?:\/\//i,
      patternHint: 'must begin with https://',
    },
    {
      name: 'region',
      title: 'Region',
      description: 'As the service names it; many compatible ones take any.',
      type: 'text',
      default: 'us-east-1',
      pattern: /^[a-z0-9-]{1,64}$/i,
      patternHint: 'must be letters, digits and dashes, for example eu-central-1',
    },
    {
      name: 'bucket',
      title: 'Bucket',
      description: 'It must be there already.',
      type: 'text',
      isRequired: true,
      example: 'holdfast-backups',
      pattern: /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i,
      patternHint: 'must be the name of a bucket: 3 to 63 letters, digits, dots and dashes',
    },
    {
      name: 'prefix',
      title: 'Prefix',
      description: 'Everything is put below it, so that a bucket can be shared.',
      type: 'text',
      example: 'office/holdfast',
      pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(\/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,7}$/,
      patternHint: 'must be segments of letters, digits, dot, dash and underscore joined by /',
    },
    {
      name: 'path_style',
      title: 'Bucket in the path',
      description: 'False puts the bucket into the host name, as some services want it.',
      type: 'boolean',
      default: true,
    },
    {
      name: 'storage_class',
      title: 'Storage class',
      description:
        'Empty: the default of the bucket. Archives that must be thawed first cannot be used.',
      type: 'choice',
      choices: [
        'STANDARD',
        'REDUCED_REDUNDANCY',
        'STANDARD_IA',
        'ONEZONE_IA',
        'INTELLIGENT_TIERING',
        'GLACIER_IR',
      ],
    },
    {
      name: 'server_side_encryption',
      title: 'Encryption by the service',
      description: 'Besides our own. Empty: the default of the bucket.',
      type: 'choice',
      choices: ['AES256', 'aws:kms'],
    },
    {
      name: 'kms_key_id',
      title: 'Key of the service',
      description: 'With encryption aws:kms; empty: its default key.',
      type: 'text',
    },
    {
      name: 'ca',
      title: 'Certificate authority',
      description: 'PEM. Certificates must then be of this authority, and no other counts.',
      type: 'text',
    },
    {
      name: 'access_key_id',
      title: 'Access key',
      description: 'Id of the access key.',
      type: 'secret',
      isRequired: true,
    },
    {
      name: 'secret_access_key',
      title: 'Secret key',
      description: 'Secret of the access key.',
      type: 'secret',
      isRequired: true,
    },
    {
      name: 'session_token',
      title: 'Session token',
      description: 'Of temporary credentials.',
      type: 'secret',
    },
  ],
  check(settings, surroundings) {
    const endpoint = settings.text('endpoint')
    const errors = endpoint === '' ? [] : [...checkUrl('config.endpoint', endpoint, surroundings)]
    if (settings.text('kms_key_id') !== '' && settings.text('server_side_encryption') !== 'aws:kms')
      errors.push({
        field: 'config.kms_key_id',
        code: 'choice_invalid',
        detail: 'is only used with server_side_encryption aws:kms',
      })
    return errors
  },
  addresses(settings) {
    const endpoint = settings.text('endpoint')
    return endpoint === '' ? [] : [addressOf('config.endpoint', endpoint)]
  },
  async open(settings, surroundings) {
    const { s3Storage } = await import('./storage.ts')
    return s3Storage(settings, surroundings)
  },
}
