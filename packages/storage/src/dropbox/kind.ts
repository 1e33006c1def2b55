import type { KindDefinition } from '../kind.ts'
import type { DropboxEndpoints } from './storage.ts'

const dropboxService: DropboxEndpoints = {
  api: 'https://api.dropboxapi.com',
  content: 'https://content.dropboxapi.com',
}

/** Dropbox by its HTTP API v2. The endpoints are Dropbox's own and no setting; tests bring theirs. */
export const dropboxAt = (endpoints: DropboxEndpoints): KindDefinition => ({
  kind: 'dropbox',
  title: 'Dropbox',
  fields: [
    {
      name: 'path',
      title: 'Folder',
      description:
        'Below the folder of the app (or of the whole account, if the app was made so). Empty: that folder itself.',
      type: 'text',
      example: '/holdfast',
      pattern: /^(?!.*\/\.\.?(\/|$))(\/[^/\\<>:"|?*]{1,200})+$/,
      patternHint: 'must begin with a slash, end without one, and hold none of \\ < > : " | ? *',
    },
    {
      name: 'app_key',
      title: 'App key',
      description:
        'Of an app made at dropbox.com/developers with files.metadata.read, files.content.read and files.content.write.',
      type: 'text',
      isRequired: true,
      example: 'a1b2c3d4e5f6g7h',
      pattern: /^[A-Za-z0-9]{5,50}$/,
      patternHint: 'must be letters and digits',
    },
    {
      name: 'refresh_token',
      title: 'Refresh token',
      description: 'Given when the app was authorized with token_access_type=offline.',
      type: 'secret',
      isRequired: true,
    },
    {
      name: 'app_secret',
      title: 'App secret',
      description: 'Not needed for an app authorized with PKCE.',
      type: 'secret',
    },
  ],
  async open(settings, surroundings) {
    const { dropboxStorage } = await import('./storage.ts')
    return dropboxStorage(settings, surroundings, endpoints)
  },
})

export const dropbox = dropboxAt(dropboxService)
