import { type ContractTarget, storageContract } from '../testing/contract.ts'
import { dropboxAt } from './kind.ts'
import { dropboxServer } from './testing/dropbox-server.ts'

/** Against a server that plays Dropbox as published, since the real one cannot be reached from tests. */
async function start(): Promise<ContractTarget> {
  const server = await dropboxServer()
  const { appKey, appSecret, refreshToken, ca } = server
  server.limit('/small', 3 * 1024 * 1024)
  const config = (path: string) => () => ({ path, app_key: appKey })
  return {
    ports: [server.port],
    definition(host) {
      const api = server.originAt(host)
      return dropboxAt({ api, content: api, ca })
    },
    config: config('/holdfast'),
    credentials: { refresh_token: refreshToken, app_secret: appSecret },
    wrongCredentials: { refresh_token: 'not the token', app_secret: appSecret },
    full: { config: config('/small') },
    stop: server.close,
  }
}

storageContract('dropbox', start)
