import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ContractTarget, storageContract } from '../testing/contract.ts'
import { startApache } from './testing/apache.ts'

async function start(): Promise<ContractTarget | string> {
  const apache = await startApache()
  if (typeof apache === 'string') return apache
  const { port, ca, username, password, directory, small } = apache
  const at = (folder: string) => (host: string) => ({
    url: `https://${host}:${port}/${folder}`,
    username,
    ca,
  })
  return {
    ports: [port],
    config: at('dav/'),
    credentials: { password },
    wrongCredentials: { password: 'not the password' },
    leave: () => writeFile(join(directory, 'left/.holdfast-0123456789abcdef.part'), 'a part'),
    ...(small ? { full: { config: at('full') } } : {}),
    stop: apache.stop,
  }
}

storageContract('webdav', start)
