import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testTool } from '@holdfast/testkit'
import {
  account,
  freeDisk,
  serverWithOwnEtc,
  smallDisk,
  type TestServer,
} from '../../sftp/testing/own-etc.ts'
import { freePort } from '../../sftp/testing/sshd.ts'

export interface Vsftpd extends TestServer {
  readonly port: number
  /** Of data connections. */
  readonly dataPorts: readonly number[]
  readonly username: string
  readonly password: string
  readonly home: string
  readonly small: string | undefined
  /** PEM. */
  readonly ca: string
  remove(): Promise<void>
}

/** vsftpd on loopback, its certificate for store.test and the addresses of loopback. A string says why there is none. */
export async function startVsftpd(
  security: 'explicit' | 'implicit' | 'none',
  more: readonly string[] = [],
): Promise<Vsftpd | string> {
  const tool = await testTool('vsftpd')
  if (typeof tool === 'string') return tool
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-vsftpd-'))
  const inside = (name: string): string => join(directory, name)
  const home = inside('home')
  await mkdir(home)
  await mkdir(inside('empty'))
  await chmod(directory, 0o755)
  certificate(directory)
  const port = await freePort()
  const first = 20_000 + Math.floor(Math.random() * 10_000)
  const dataPorts = Array.from({ length: 48 }, (_, index) => first + index)
  const small = await smallDisk(inside('small'))
  await writeFile(
    inside('vsftpd.conf'),
    [
      'listen=YES',
      'listen_address=127.0.0.1',
      `listen_port=${port}`,
      'background=NO',
      'anonymous_enable=NO',
      'local_enable=YES',
      'write_enable=YES',
      'local_umask=077',
      'pam_service_name=vsftpd',
      `secure_chroot_dir=${inside('empty')}`,
      `pasv_min_port=${first}`,
      `pasv_max_port=${first + dataPorts.length - 1}`,
      // Some servers do not let everything through this filter that is no harm.
      'seccomp_sandbox=NO',
      'isolate=NO',
      'isolate_network=NO',
      `vsftpd_log_file=${inside('log')}`,
      'xferlog_enable=YES',
      'log_ftp_protocol=YES',
      'delay_failed_login=0',
      ...(security === 'none'
        ? []
        : [
            'ssl_enable=YES',
            'force_local_logins_ssl=YES',
            'force_local_data_ssl=YES',
            'require_ssl_reuse=YES',
            `implicit_ssl=${security === 'implicit' ? 'YES' : 'NO'}`,
            'ssl_ciphers=HIGH',
            `rsa_cert_file=${inside('server.pem')}`,
            `rsa_private_key_file=${inside('server.key')}`,
          ]),
      ...more,
      '',
    ].join('\n'),
  )
  const started = await serverWithOwnEtc(directory, {
    command: [tool.path, inside('vsftpd.conf')],
    port,
    home,
  })
  if (typeof started === 'string') {
    freeDisk(small)
    await rm(directory, { recursive: true, force: true })
    return started
  }
  return {
    ...started,
    port,
    dataPorts,
    username: account.name,
    password: account.password,
    home,
    small,
    ca: await readFile(inside('ca.pem'), 'utf8'),
    async remove() {
      await started.stop()
      freeDisk(small)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function certificate(directory: string): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', [...args], { cwd: directory, stdio: 'ignore' })
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test authority',
    '-days',
    '2',
  )
  openssl(
    ...['req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=store.test'],
    ...['-addext', 'subjectAltName=DNS:store.test,IP:127.0.0.1,IP:127.0.0.2'],
  )
  openssl(
    ...['x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    ...['-CAcreateserial', '-copy_extensions', 'copy', '-days', '2', '-out', 'server.pem'],
  )
}
