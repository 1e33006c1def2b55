import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testTool } from '@holdfast/testkit'
import { vi } from 'vitest'
import { startSshd } from '../sftp/testing/sshd.ts'
import { type ContractTarget, storageContract } from '../testing/contract.ts'
import { networkMountOf } from './mounts.ts'

/**
 * A network file system that needs no kernel module of the machine: sshfs, from a server of this machine. It has no word
 * for a full disk, so that is not tried.
 */
async function start(): Promise<ContractTarget | string> {
  const sshfs = await testTool('sshfs')
  if (typeof sshfs === 'string') return sshfs
  const sshd = await startSshd()
  if (typeof sshd === 'string') return sshd
  const root = await mkdtemp(join(tmpdir(), 'holdfast-nfs-'))
  const remove = async (): Promise<void> => {
    await sshd.remove()
    await rm(root, { recursive: true, force: true })
  }
  const key = join(root, 'key')
  await writeFile(key, sshd.privateKey, { mode: 0o600 })
  const share = join(root, 'share')
  await mkdir(share)
  const options = [
    ...[`IdentityFile=${key}`, 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'],
    // What the test puts there by itself is seen at once.
    ...['BatchMode=yes', 'dir_cache=no'],
  ]
  const args = ['-f', '-p', String(sshd.port), '-o', options.join(',')]
  const child = spawn(sshfs.path, [...args, `${sshd.username}@127.0.0.1:${sshd.home}`, share], {
    stdio: 'ignore',
  })
  const isMounted = async (): Promise<boolean> =>
    networkMountOf(share, await readFile('/proc/self/mountinfo', 'utf8')) === 'fuse.sshfs'
  const unmount = (): void => {
    try {
      execFileSync('umount', ['--lazy', share], { stdio: 'ignore' })
    } catch {
      // It was not mounted.
    }
    child.kill('SIGKILL')
  }
  const hasShare = await vi
    .waitUntil(isMounted, { timeout: 10_000, interval: 50 })
    .then(() => true)
    .catch(() => false)
  if (!hasShare) {
    unmount()
    await remove()
    return 'skipped: nothing can be mounted by sshfs here'
  }
  await mkdir(join(share, 'backups'))
  return {
    ports: [],
    config: () => ({ path: join(share, 'backups') }),
    credentials: {},
    surroundings: { localBase: join(root, 'base'), localRoots: [root] },
    leave: () => writeFile(join(share, 'backups/left/.holdfast-0123456789abcdef.part'), 'a part'),
    async stop() {
      unmount()
      await remove()
    },
  }
}

storageContract('nfs', start)
