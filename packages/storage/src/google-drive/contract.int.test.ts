import { type ContractTarget, storageContract } from '../testing/contract.ts'
import { googleDriveAt } from './kind.ts'
import { driveServer } from './testing/drive-server.ts'

/** Against a server that plays Google Drive as published, since the real one cannot be reached from tests. */
async function start(): Promise<ContractTarget> {
  const server = await driveServer()
  const config = (folderId: string) => () => ({ folder_id: folderId })
  return {
    ports: [server.port],
    definition(host) {
      const api = server.originAt(host)
      return googleDriveAt({ api, token: `${api}/token`, ca: server.ca })
    },
    config: config(server.folderId),
    credentials: { service_account_json: server.serviceAccountJson },
    wrongCredentials: { service_account_json: server.wrongAccountJson },
    full: { config: config(server.smallFolderId) },
    stop: server.close,
  }
}

storageContract('google_drive', start)
