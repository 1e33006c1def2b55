import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The account of the servers under test. */
export const account = { name: 'keeper', password: 'pass word #1', id: 12_345 } as const

export interface TestServer {
  /** What it has said so far. */
  log(): string
  stop(): Promise<void>
}

/**
 * Runs a server in a mount namespace where /etc knows an account of ours, /run is ours, and PAM asks for the password
 * alone: nothing of the machine is touched. Needs root; answers a reason where that cannot be.
 */
export async function serverWithOwnEtc(
  directory: string,
  { command, port, home }: { command: readonly string[]; port: number; home: string },
): Promise<TestServer | string> {
  if (process.getuid?.() !== 0) return 'skipped: needs root for an account of its own'
  await mkdir(join(directory, 'etc/pam.d'), { recursive: true })
  await mkdir(join(directory, 'run/sshd'), { recursive: true })
  await mkdir(home, { recursive: true })
  await chmod(directory, 0o755)
  await chown(home, account.id, account.id)
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: account.password })
  const line = `${account.name}:x:${account.id}:${account.id}::${home}:/bin/sh\n`
  await writeFile(
    join(directory, 'etc/passwd'),
    `${readFileSync('/etc/passwd', 'utf8')}sshd:x:12344:65534::/run/sshd:/usr/sbin/nologin\nftp:x:12343:65534::/nonexistent:/usr/sbin/nologin\n${line}`,
  )
  await writeFile(
    join(directory, 'etc/shadow'),
    `${readFileSync('/etc/shadow', 'utf8')}${account.name}:${hash.toString().trim()}:19000:0:99999:7:::\n`,
    { mode: 0o600 },
  )
  for (const service of ['vsftpd', 'sshd', 'other']) {
    await writeFile(
      join(directory, 'etc/pam.d', service),
      'auth required pam_unix.so nodelay\naccount required pam_permit.so\nsession required pam_permit.so\n',
    )
  }
  const script = [
    ...['passwd', 'shadow', 'pam.d'].map((name) => `mount --bind "$D/etc/${name}" /etc/${name}`),
    'mount --bind "$D/run" /run',
    'exec "$@"',
  ].join(' && ')
  return await startServer(
    ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...command],
    { port, env: { D: directory } },
  )
}

/** A disk of 4 MiB of the account's; undefined where nobody may mount one. */
export async function smallDisk(path: string): Promise<string | undefined> {
  try {
    // A server that is started again finds its own.
    if (existsSync(path)) return path
    await mkdir(path)
    const options = `size=4m,mode=700,uid=${account.id},gid=${account.id}`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'holdfast-test', path], {
      stdio: 'ignore',
    })
    return path
  } catch {
    await rm(path, { recursive: true, force: true })
    return undefined
  }
}

export function freeDisk(path: string | undefined): void {
  if (path !== undefined) execFileSync('umount', ['--lazy', path])
}

/** Starts it and waits until it listens; answers what it said when it does not. */
export async function startServer(
  [program = '', ...args]: readonly string[],
  { port, env = {} }: { port: number; env?: Record<string, string> },
): Promise<TestServer | string> {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const hear = (text: Buffer): void => {
    said = (said + text.toString()).slice(-200_000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('error', (error) => hear(Buffer.from(String(error))))
  for (let tries = 0; !(await isOpen(port)); tries++) {
    if (child.exitCode !== null || child.signalCode !== null || tries > 200) {
      child.kill('SIGKILL')
      return `skipped: ${program} does not run here: ${said.slice(-300)}`
    }
    await delay(25)
  }
  return {
    log: () => said,
    stop: () => gone(child),
  }
}

export const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  child.kill('SIGKILL')
  await exited
}
