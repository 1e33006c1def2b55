import { realpath } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { StorageInvalidAnswer, StorageNotFound } from '../errors.ts'
import { isTemporary, leftoverAgeMs, temporaryFor } from '../keys.ts'
import type { KindStorage } from '../kind.ts'
import { bareEnvironment } from '../program/find-program.ts'
import { privateDirectory } from '../program/private-directory.ts'
import {
  type ProgramEnd,
  type RunningProgram,
  runProgram,
  startProgram,
} from '../program/run-program.ts'
import { linesOf } from '../rsync/listing.ts'
import type { Settings } from '../settings.ts'
import { readKeyFile } from '../sftp/key-file.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredObject } from '../types.ts'
import { isMissing, rcloneError } from './errors.ts'
import { openProxy } from './proxy.ts'
import { addressesOf } from './remotes.ts'

const cleanupMs = 10_000
const maxConfigBytes = 4 * 1024 * 1024

/** Objects by rclone, one process a step. Where it connects to goes through a proxy of ours. */
export async function openRclone(
  settings: Settings,
  surroundings: Surroundings,
): Promise<KindStorage> {
  const { connector, timeouts, keysDir = '' } = surroundings
  const path = settings.text('config_path')
  // That it is a file, and lies where it must.
  await readKeyFile(path, keysDir, 'config_path')
  const config = join(await realpath(keysDir), relative(resolve(keysDir), resolve(keysDir, path)))
  const remote = settings.text('remote')
  const base = settings.text('path').replace(/\/+$/, '')
  const place = await privateDirectory(surroundings.workDir)
  const proxy = await openProxy(connector, timeouts.connectMs)
  const close = async (): Promise<void> => {
    await proxy.close()
    await place.remove()
  }
  const password = settings.secret('config_password')
  const env = {
    ...bareEnvironment(place.path),
    TMPDIR: place.path,
    HTTP_PROXY: proxy.url,
    HTTPS_PROXY: proxy.url,
    NO_PROXY: '',
    // Since 1.71: for every address. By those above it goes to loopback without asking.
    RCLONE_HTTP_PROXY: proxy.url,
    ...(password === '' ? {} : { RCLONE_CONFIG_PASS: password }),
  }
  const always = [
    ...['--config', config, '--ask-password=false', '--cache-dir', place.path],
    ...['--retries', '1', '--low-level-retries', '1', '--stats', '0', '--log-level', 'ERROR'],
    // What stalls is cut off around this.
    ...['--contimeout', `${timeouts.connectMs}ms`, '--timeout', '0'],
  ]
  const made = new Set<string>()
  const turns = new Map<string, Promise<void>>()
  let addresses: ReturnType<typeof addressesOf>
  try {
    const ca = settings.text('ca')
    if (ca !== '') always.push('--ca-cert', await place.write('ca.pem', ca))
    const dump = await runProgram('rclone', [...always, 'config', 'dump'], {
      env,
      cwd: place.path,
      idleMs: timeouts.idleMs,
      maxBytes: maxConfigBytes,
    })
    if (dump.code !== 0) throw rcloneError(dump, remote)
    addresses = addressesOf(dump.stdout, remote)
  } catch (error) {
    await close()
    throw error
  }

  /** Hosts the configuration names are judged before each run; the proxy judges whatever is connected to. */
  async function start(args: readonly string[], signal?: AbortSignal): Promise<RunningProgram> {
    const soon = AbortSignal.timeout(timeouts.connectMs)
    for (const { host, isPlain } of addresses) {
      await connector.resolve(host, {
        isPlain,
        signal: signal ? AbortSignal.any([signal, soon]) : soon,
      })
    }
    return startProgram('rclone', [...always, ...args], {
      env,
      cwd: place.path,
      ...(signal ? { signal } : {}),
    })
  }

  const at = (name: string): string =>
    `${remote}:${base === '' ? name : name === '' ? base : `${base}/${name}`}`

  async function run(args: readonly string[], signal?: AbortSignal): Promise<ProgramEnd> {
    const running = await start(args, signal)
    void running.feed(nothing())
    for await (const _ of running.output());
    return await running.ended
  }

  async function* listed(
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Found, void, undefined> {
    const running = await start(['lsjson', '--no-mimetype', ...args], signal)
    void running.feed(nothing())
    for await (const line of linesOf(running.output())) {
      const text = line.trim().replace(/^\[|,$|\]$/g, '')
      if (text.startsWith('{')) yield foundIn(text)
    }
    const end = await running.ended
    if (end.code !== 0 && !isMissing(end)) throw rcloneError(end, remote)
  }

  async function look(key: string, signal: AbortSignal | undefined): Promise<Found | undefined> {
    const running = await start(['lsjson', '--no-mimetype', '--stat', '--', at(key)], signal)
    void running.feed(nothing())
    const lines: string[] = []
    for await (const line of linesOf(running.output())) {
      if (lines.length < 100) lines.push(line)
    }
    const end = await running.ended
    if (end.code !== 0) {
      if (isMissing(end)) return undefined
      throw rcloneError(end, remote)
    }
    const text = lines.join('').trim()
    // Older ones say that there is nothing.
    const found = text === '' || text === 'null' ? undefined : foundIn(text)
    return found?.isFolder ? undefined : found
  }

  /** rclone removes what was at a name before it moves there: two at once would be in each other's way. */
  async function inTurn(key: string, work: () => Promise<void>): Promise<void> {
    const before = turns.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    const settled = mine.catch(() => undefined)
    turns.set(key, settled)
    try {
      await mine
    } finally {
      if (turns.get(key) === settled) turns.delete(key)
    }
  }

  /** Made once, by one of those who need it at the same time: not every service takes it well when many do. */
  async function makeFolder(key: string, signal: AbortSignal | undefined): Promise<void> {
    const folder = key.split('/').slice(0, -1).join('/')
    await inTurn(`${folder}/`, async () => {
      if (made.has(folder)) return
      const end = await run(['mkdir', '--', at(folder)], signal)
      if (end.code !== 0) throw rcloneError(end, remote)
      made.add(folder)
    })
  }

  async function upload(
    name: string,
    body: AsyncIterable<Uint8Array>,
    size: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const sized = size === undefined ? [] : ['--size', String(size)]
    const running = await start(['rcat', ...sized, '--', at(name)], signal)
    const heard = (async () => {
      for await (const _ of running.output());
    })()
    try {
      await running.feed(body)
    } catch (error) {
      running.kill()
      // Until it is gone it may still put what is removed next.
      await running.ended.catch(() => undefined)
      throw error
    }
    await heard
    const end = await running.ended
    if (end.code !== 0) throw rcloneError(end, remote)
  }

  return {
    kind: 'rclone',

    async put(key, body, { size, signal } = {}) {
      const temporary = temporaryFor(key)
      let isBegun = false
      try {
        await makeFolder(key, signal)
        const measured = (async function* () {
          for await (const chunk of body()) {
            isBegun = true
            yield chunk
          }
        })()
        await upload(temporary, measured, size, signal)
        isBegun = true
        await inTurn(key, async () => {
          // Without the option an object of the same size would be taken for the same.
          const end = await run(['moveto', '--ignore-times', '--', at(temporary), at(key)], signal)
          if (end.code !== 0) throw rcloneError(end, remote)
        })
      } catch (error) {
        if (isBegun) {
          // What stays is swept later.
          await run(['deletefile', '--', at(temporary)], AbortSignal.timeout(cleanupMs)).catch(
            () => undefined,
          )
        }
        throw error
      }
    },

    async get(key, { offset = 0, signal } = {}) {
      const found = await look(key, signal)
      if (!found) throw StorageNotFound({ key })
      const { size, modifiedAtUnixMs } = found
      return {
        size,
        version: `${modifiedAtUnixMs}-${size}`,
        body: (async function* () {
          if (offset >= size) return
          const running = await start(['cat', '--offset', String(offset), '--', at(key)], signal)
          void running.feed(nothing())
          yield* running.output()
          const end = await running.ended
          if (end.code !== 0) {
            throw isMissing(end) ? StorageNotFound({ key }) : rcloneError(end, remote)
          }
        })(),
      }
    },

    async stat(key, signal) {
      const found = await look(key, signal)
      return found ? objectOf(key, found) : undefined
    },

    async *list(prefix, signal) {
      const folder = prefix.replace(/\/$/, '')
      for await (const found of listed(['-R', '--files-only', '--', at(folder)], signal)) {
        yield objectOf(`${prefix}${found.path}`, found)
      }
    },

    async delete(key, signal) {
      const end = await run(['deletefile', '--', at(key)], signal)
      if (end.code !== 0 && !isMissing(end)) throw rcloneError(end, remote)
    },

    async sweep(signal) {
      const old: string[] = []
      const args = ['-R', '--files-only', '--include', '.holdfast-*.part', '--', at('')]
      for await (const { path: name, modifiedAtUnixMs } of listed(args, signal)) {
        if (!isTemporary(name.slice(name.lastIndexOf('/') + 1))) continue
        if (modifiedAtUnixMs <= Date.now() - leftoverAgeMs) old.push(name)
      }
      for (const name of old) {
        const end = await run(['deletefile', '--', at(name)], signal)
        if (end.code !== 0 && !isMissing(end)) throw rcloneError(end, remote)
      }
      return old.length
    },

    close,
  }
}

interface Found {
  /** Below what was listed. */
  readonly path: string
  readonly size: number
  readonly modifiedAtUnixMs: number
  readonly isFolder: boolean
}

function foundIn(text: string): Found {
  try {
    const { Path, Size, ModTime, IsDir } = JSON.parse(text) as Record<string, unknown>
    const found = {
      path: String(Path),
      size: Number(Size),
      modifiedAtUnixMs: Date.parse(String(ModTime)),
      isFolder: IsDir === true,
    }
    if (Number.isSafeInteger(found.size) && Number.isFinite(found.modifiedAtUnixMs)) return found
  } catch (error) {
    throw StorageInvalidAnswer({ why: 'rclone lists what we do not understand' }, error)
  }
  throw StorageInvalidAnswer({ why: 'rclone lists an object without size or time' })
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

const objectOf = (key: string, { size, modifiedAtUnixMs }: Found): StoredObject => ({
  key,
  size,
  modifiedAtUnixMs,
})
