import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { account } from '../sftp/testing/own-etc.ts'
import { type ContractTarget, storageContract } from '../testing/contract.ts'
import { startRsyncDaemon } from './testing/daemon.ts'
import { rsyncOnPath } from './testing/tool.ts'

storageContract(
  'rsync',
  async (): Promise<ContractTarget | string> => {
    const rsync = await rsyncOnPath()
    if (typeof rsync === 'string') return rsync
    const server = await startRsyncDaemon()
    if (typeof server === 'string') return server
    const { port, username, password, home, hasSmall } = server
    const at = (module: string, path: string) => (host: string) => {
      return { transport: 'daemon', host, port, username, module, path }
    }
    return {
      ports: [port],
      config: at('files', 'place/in/it'),
      credentials: { password },
      wrongCredentials: { password: 'not the password' },
      async leave() {
        const part = join(home, 'place/in/it/left/.whole.aB3dE6')
        await writeFile(part, 'a part')
        await chown(part, account.id, account.id)
      },
      ...(hasSmall ? { full: { config: at('small', '') } } : {}),
      async stop() {
        await server.remove()
        rsync.remove()
      },
    }
  },
  { resumes: false, startsProcesses: true },
)
