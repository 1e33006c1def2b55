import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@holdfast/embedded'
import { throwawayAuthority } from '@holdfast/service/testing'
import { type TestTool, testTool } from '@holdfast/testkit'
import { contractHost } from '../../testing/contract/hosts.ts'
import { startServer } from '../../testing/server.ts'
import { type SmallDisk, smallDisk } from '../../testing/small-disk.ts'

export interface Apache {
  readonly port: number
  readonly ca: string
  readonly username: string
  readonly password: string
  /** What `/dav/` serves; `/full/` serves a small disk. */
  readonly directory: string
  readonly small: SmallDisk | undefined
  log(): string
  stop(): Promise<void>
}

const modules = [
  ...['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'auth_basic'],
  ...['alias', 'dav', 'dav_fs', 'socache_shmcb', 'ssl'],
]

/** Apache with WebDAV over TLS, asking for a password. A string says why there is none. */
export async function startApache(): Promise<Apache | string> {
  const apache = await testTool('apache2')
  if (typeof apache === 'string') return apache
  const root = await mkdtemp(join(tmpdir(), 'holdfast-apache-'))
  await chmod(root, 0o755)
  const directory = join(root, 'dav')
  await mkdir(directory)
  const small = await smallDisk(join(root, 'full'))
  await mkdir(join(root, 'locks'))
  for (const name of ['dav', 'full', 'locks']) await chmod(join(root, name), 0o777)
  const port = await freePort()
  const { ca, cert, key } = await (await throwawayAuthority()).identity(contractHost)
  await writeFile(join(root, 'cert.pem'), cert)
  await writeFile(join(root, 'key.pem'), key, { mode: 0o600 })
  const [username, password] = ['keeper', 'pass:wörd #1']
  const hash = createHash('sha1').update(password).digest('base64')
  await writeFile(join(root, 'users'), `${username}:{SHA}${hash}\n`)
  const folder = (path: string) => [
    `<Directory ${path}>`,
    '  Dav On',
    '  AuthType Basic',
    '  AuthName backups',
    `  AuthUserFile ${join(root, 'users')}`,
    '  Require valid-user',
    '</Directory>',
  ]
  await writeFile(
    join(root, 'httpd.conf'),
    [
      `ServerRoot ${root}`,
      `Listen 127.0.0.1:${port}`,
      `ServerName ${contractHost}`,
      `PidFile ${join(root, 'pid')}`,
      `DefaultRuntimeDir ${root}`,
      `ErrorLog ${join(root, 'error.log')}`,
      'User nobody',
      'Group nogroup',
      ...modules.map(
        (name) => `LoadModule ${name}_module ${apache.root}/usr/lib/apache2/modules/mod_${name}.so`,
      ),
      'SSLEngine on',
      `SSLCertificateFile ${join(root, 'cert.pem')}`,
      `SSLCertificateKeyFile ${join(root, 'key.pem')}`,
      `DavLockDB ${join(root, 'locks', 'db')}`,
      `Alias /dav ${directory}`,
      `Alias /full ${join(root, 'full')}`,
      ...folder(directory),
      ...folder(join(root, 'full')),
    ].join('\n'),
  )
  const { command, env } = await withLibraries(apache, root)
  const started = await startServer([command, '-f', join(root, 'httpd.conf'), '-DFOREGROUND'], {
    ports: [port],
    env,
  })
  const remove = async (): Promise<void> => {
    small?.remove()
    await rm(root, { recursive: true, force: true })
  }
  if (typeof started === 'string') {
    await remove()
    return started
  }
  return {
    port,
    ca: ca.toString(),
    username,
    password,
    directory,
    small,
    log: () => readFileSync(join(root, 'error.log'), 'utf8'),
    async stop() {
      await started.stop()
      await remove()
    },
  }
}

/** Workers run as nobody, who cannot enter our cache: what they load themselves is put where they can. */
async function withLibraries({ path, root, env }: TestTool, directory: string) {
  if (root === '') return { command: path, env }
  const folders = readdirSync(join(root, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'))
  const libraries = join(root, 'usr/lib', folders[0] ?? '')
  await cp(join(libraries, 'apr-util-1'), join(directory, 'apr-util-1'), { recursive: true })
  return {
    command: join(root, 'usr/sbin/apache2'),
    env: { ...env, LD_LIBRARY_PATH: `${directory}:${libraries}` },
  }
}
