import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContractTarget, storageContract } from '../testing/contract.ts'
import { smallDisk } from '../testing/small-disk.ts'

async function start(): Promise<ContractTarget> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-local-'))
  const small = await smallDisk(join(root, 'small'))
  return {
    ports: [],
    config: () => ({ path: join(root, 'place', 'in', 'it') }),
    credentials: {},
    surroundings: { localBase: join(root, 'base'), localRoots: [root] },
    leave: () =>
      writeFile(join(root, 'place/in/it/left/.holdfast-0123456789abcdef.part'), 'a part'),
    ...(small ? { full: { config: () => ({ path: small.path }) } } : {}),
    async stop() {
      small?.remove()
      await rm(root, { recursive: true, force: true })
    },
  }
}

storageContract('local', start)
