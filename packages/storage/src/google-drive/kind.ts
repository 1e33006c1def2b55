import type { FieldError } from '@holdfast/errors'
import type { KindDefinition } from '../kind.ts'
import type { Settings } from '../settings.ts'
import { serviceAccountOf } from './service-account.ts'
import type { DriveEndpoints } from './storage.ts'

const google: DriveEndpoints = {
  api: 'https://www.googleapis.com',
  token: 'https://oauth2.googleapis.com/token',
}

/** Google Drive by its REST API v3. The endpoints are Google's own and no setting; tests bring theirs. */
export const googleDriveAt = (endpoints: DriveEndpoints): KindDefinition => ({
  kind: 'google_drive',
  title: 'Google Drive',
  fields: [
    {
      name: 'folder_id',
      title: 'Folder ID',
      description:
        "The last part of the folder's address in the browser. Share the folder with the service account, as an editor; in a shared drive objects belong to the drive.",
      type: 'text',
      isRequired: true,
      example: '1AbCdEfGhIjKlMnOpQrStUvWxYz012345',
      pattern: /^[A-Za-z0-9_-]{5,100}$/,
      patternHint: 'must be the ID of a folder: letters, digits, dash and underscore',
    },
    {
      name: 'client_id',
      title: 'OAuth client ID',
      description: 'With a refresh token; not with a service account.',
      type: 'text',
      example: '1234567890-abc.apps.googleusercontent.com',
    },
    {
      name: 'service_account_json',
      title: 'Service account key',
      description: 'The JSON file Google gives out for a service account; or a refresh token.',
      type: 'multiline_secret',
    },
    {
      name: 'refresh_token',
      title: 'OAuth refresh token',
      description: 'Of the scope https://www.googleapis.com/auth/drive.',
      type: 'secret',
    },
    {
      name: 'client_secret',
      title: 'OAuth client secret',
      description: 'Belongs to the client ID.',
      type: 'secret',
    },
  ],
  check: checkAccess,
  async open(settings, surroundings) {
    const { googleDriveStorage } = await import('./storage.ts')
    return googleDriveStorage(settings, surroundings, endpoints)
  },
})

export const googleDrive = googleDriveAt(google)

function checkAccess(settings: Settings): readonly FieldError[] {
  const account = settings.secret('service_account_json')
  const refresh = settings.secret('refresh_token')
  const one = 'give either a service account key or a refresh token'
  if (account !== '' && refresh !== '')
    return [{ field: 'credentials.refresh_token', code: 'conflict', detail: one }]
  if (account !== '') {
    const parsed = serviceAccountOf(account)
    return typeof parsed === 'string'
      ? [{ field: 'credentials.service_account_json', code: 'text_invalid', detail: parsed }]
      : []
  }
  if (refresh === '')
    return [{ field: 'credentials.service_account_json', code: 'required', detail: one }]
  const needed = 'must be given with a refresh token'
  return [
    ...(settings.text('client_id') === ''
      ? [{ field: 'config.client_id', code: 'required', detail: needed }]
      : []),
    ...(settings.secret('client_secret') === ''
      ? [{ field: 'credentials.client_secret', code: 'required', detail: needed }]
      : []),
  ]
}
