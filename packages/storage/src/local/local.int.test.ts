import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContractTarget, storageContract } from '../testing/contract.ts'

async function start(): Promise<ContractTarget> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-local-'))
  const mounted = join(root, 'small')
  const hasSmall = await mount(mounted)
  return {
    ports: [],
    config: () => ({ path: join(root, 'place', 'in', 'it') }),
    credentials: {},
    surroundings: { localBase: join(root, 'base'), localRoots: [root] },
    async leave() {
      const folder = join(root, 'place/in/it/left')
      await writeFile(join(folder, '.holdfast-0123456789abcdef.part'), 'a part')
    },
    ...(hasSmall ? { full: { config: () => ({ path: mounted }) } } : {}),
    async stop() {
      if (hasSmall) execFileSync('umount', [mounted])
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** A disk of 4 MiB; false where nobody may mount. */
async function mount(path: string): Promise<boolean> {
  await mkdir(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'holdfast-test', path], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

storageContract('local', start)
