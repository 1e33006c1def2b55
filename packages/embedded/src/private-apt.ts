import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { newestSources, type OfferedSource, osRelease, readAptSources } from './apt-sources.ts'

const run = promisify(execFile)

export interface FetchPackageOptions {
  /** For example `nats-server`. */
  readonly packageName: string
  /** Everything happens below it, in a directory of its own that is removed again. */
  readonly workDir: string
  /**
   * Judges the unpacked package (a directory tree); it is gone afterwards, so take what is wanted.
   * Anything but undefined ends the search.
   */
  readonly accept: (root: string, source: OfferedSource) => Promise<boolean>
  readonly report?: (line: string) => void
}

export interface FetchAttempt {
  readonly source: string
  readonly reason: string
}

const commandTimeoutMs = 180_000

/**
 * Fetches a Debian package without touching the system: an apt root of its own, fed from the
 * machine's configured mirrors and proxies, verified by the system's keyrings. Needs neither root nor
 * anything installed. Whether a package was accepted, and what went wrong before.
 */
export async function fetchPackage(
  options: FetchPackageOptions,
): Promise<{ readonly isAccepted: boolean; readonly attempts: readonly FetchAttempt[] }> {
  const { packageName, workDir, accept, report = () => undefined } = options
  const sources = await newestSources({
    sources: await readAptSources(),
    codename: await osRelease('VERSION_CODENAME'),
    keyringExists: existsSync,
  })
  const attempts: FetchAttempt[] = []
  if (sources.length === 0) {
    const reason = 'no package archive is configured in /etc/apt'
    return { isAccepted: false, attempts: [{ source: 'apt', reason }] }
  }
  await mkdir(workDir, { recursive: true })
  for (const source of sources) {
    const root = await mkdtemp(join(workDir, 'apt-'))
    try {
      report(`looking for ${packageName} in ${source.label}`)
      const unpacked = await download(root, source, packageName)
      if (await accept(unpacked, source)) return { isAccepted: true, attempts }
      attempts.push({ source: source.label, reason: 'not usable' })
    } catch (error) {
      attempts.push({ source: source.label, reason: firstComplaint(error) })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  }
  return { isAccepted: false, attempts }
}

async function download(root: string, source: OfferedSource, name: string): Promise<string> {
  const inRoot = (...parts: string[]): string => join(root, ...parts)
  await mkdir(inRoot('lists', 'partial'), { recursive: true })
  await mkdir(inRoot('cache', 'archives', 'partial'), { recursive: true })
  await mkdir(inRoot('package'))
  const { uri, suite, components, signedBy } = source
  const option = signedBy === undefined ? '' : `[signed-by=${signedBy}] `
  await writeFile(inRoot('sources.list'), `deb ${option}${uri} ${suite} ${components.join(' ')}\n`)
  const settings = [
    `Dir::Etc::SourceList=${inRoot('sources.list')}`,
    'Dir::Etc::SourceParts=/dev/null',
    'Dir::Etc::Preferences=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    `Dir::State::Lists=${inRoot('lists')}`,
    'Dir::State::Status=/dev/null',
    `Dir::Cache=${inRoot('cache')}`,
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
    // As root apt would fetch as `_apt`, who cannot enter a directory of ours.
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting])
  const apt = (...args: string[]): Promise<unknown> =>
    run('apt-get', [...settings, '-q', ...args], {
      cwd: inRoot('package'),
      timeout: commandTimeoutMs,
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    })
  // A failed index is only a warning to apt by default; here it is the end of this attempt.
  await apt('-o', 'APT::Update::Error-Mode=any', 'update')
  await apt('download', name)
  const deb = (await readdir(inRoot('package'))).find((file) => file.endsWith('.deb'))
  if (deb === undefined) throw new Error('nothing was downloaded')
  await run('dpkg-deb', ['-x', inRoot('package', deb), inRoot('unpacked')], {
    timeout: commandTimeoutMs,
  })
  return inRoot('unpacked')
}

/** The first line of apt that says what is wrong. */
function firstComplaint(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && error.code === 'ENOENT') return 'apt-get or dpkg-deb is not installed'
  const output = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : ''
  const line = output.split('\n').find((text) => /^[EW]: /.test(text))
  return (line ?? error.message.split('\n')[0] ?? 'unknown').replace(/^[EW]: /, '').slice(0, 300)
}
