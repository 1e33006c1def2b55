import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@holdfast/embedded'
import { throwawayAuthority } from '@holdfast/service/testing'
import { testPackages } from '@holdfast/testkit'
import { contractHost } from '../../testing/contract/hosts.ts'
import { startServer } from '../../testing/server.ts'

export interface Swift {
  readonly port: number
  readonly ca: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** `backups` and `full`: one with room for 4 MiB. */
  readonly buckets: { readonly room: string; readonly full: string }
  stop(): Promise<void>
}

const script = fileURLToPath(new URL('serve-swift.py', import.meta.url))
const packages = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object']

/** OpenStack Swift with its S3 API over TLS. A string says why there is none. */
export async function startSwift(): Promise<Swift | string> {
  const unpacked = await testPackages('swift', packages, ['swift-proxy-server'])
  if (typeof unpacked === 'string') return unpacked
  const own = join(unpacked.root, 'usr/bin/python3.11')
  const python = existsSync(own) ? own : '/usr/bin/python3'
  const root = await mkdtemp(join(tmpdir(), 'holdfast-swift-'))
  const { ca, cert, key } = await (await throwawayAuthority()).identity(contractHost)
  await writeFile(join(root, 'cert.pem'), cert)
  await writeFile(join(root, 'key.pem'), key, { mode: 0o600 })
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()]
  const [port = 0] = ports
  const started = await startServer([python, script, root, ...ports.map(String)], {
    ports,
    env: {
      LD_LIBRARY_PATH: join(unpacked.root, 'usr/lib/x86_64-linux-gnu'),
      PYTHONPATH: join(unpacked.root, 'usr/lib/python3/dist-packages'),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  })
  const remove = () => rm(root, { recursive: true, force: true })
  if (typeof started === 'string') {
    await remove()
    return started
  }
  return {
    port,
    ca: ca.toString(),
    accessKeyId: 'keeper:backup',
    secretAccessKey: 'the-secret/of+it',
    buckets: { room: 'backups', full: 'full' },
    async stop() {
      await started.stop()
      await remove()
    },
  }
}
