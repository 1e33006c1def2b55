import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { account } from '../sftp/testing/own-etc.ts'
import { type ContractTarget, storageContract } from '../testing/contract.ts'
import { startVsftpd } from './testing/vsftpd.ts'

storageContract('ftp', async (): Promise<ContractTarget | string> => {
  const server = await startVsftpd('explicit')
  if (typeof server === 'string') return server
  const { port, dataPorts, username, password, ca, home, small } = server
  const at = (path: string) => (host: string) => ({ host, port, username, path, ca })
  return {
    ports: [port, ...dataPorts],
    config: at('place/in/it'),
    credentials: { password },
    wrongCredentials: { password: 'not the password' },
    async leave() {
      const part = join(home, 'place/in/it/left/.holdfast-0123456789abcdef.part')
      await writeFile(part, 'a part')
      await chown(part, account.id, account.id)
    },
    ...(small === undefined ? {} : { full: { config: at(small) } }),
    stop: () => server.remove(),
  }
})
