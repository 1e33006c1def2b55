import { createWriteStream, watch } from 'node:fs'
import { mkdir, open as openFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { StorageBroken, StorageNotFound, StorageRefused } from '../errors.ts'
import { isTemporary, leftoverAgeMs } from '../keys.ts'
import type { KindStorage } from '../kind.ts'
import {
  type ProgramEnd,
  ProgramIdle,
  type RunningProgram,
  runProgram,
  startProgram,
} from '../program/run-program.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredObject } from '../types.ts'
import { rsyncError, saysMissing } from './errors.ts'
import { chainOf, type Listed, linesOf, parseLine } from './listing.ts'
import { openRemotes, type Remote } from './remote.ts'

/** How long a folder that was no link is taken to be none. */
const knownMs = 60_000

/**
 * Objects by rsync, one process a step. What is put is written to a file here first: rsync reads no pipes. It puts files
 * beside their name and renames them itself; it follows no links in what it is told to go through, and links on the way
 * to a key are refused.
 */
export async function openRsync(
  settings: Settings,
  surroundings: Surroundings,
): Promise<KindStorage> {
  const remotes = await openRemotes(settings, surroundings)
  const { host } = remotes
  const { idleMs } = surroundings.timeouts
  const base = baseOf(settings)
  const seconds = Math.max(1, Math.ceil(idleMs / 1_000))
  const folders = new Map<string, number>()
  const always = [`--timeout=${seconds}`, '--no-human-readable', '-r']
  /** The directory, its slash with it: what is inside of it. */
  const target = ({ prefix }: Remote): string => `${prefix}${base}`

  const start = (
    remote: Remote,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): RunningProgram =>
    startProgram('rsync', [...always, ...remote.args, ...args], {
      env: remote.env,
      cwd: remote.directory,
      idleMs,
      ...(signal ? { signal } : {}),
    })

  async function run(
    remote: Remote,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<ProgramEnd> {
    try {
      return await runProgram('rsync', [...always, ...remote.args, ...args], {
        env: remote.env,
        cwd: remote.directory,
        idleMs,
        // Progress is all it writes, and no more than is to be heard that it lives.
        maxBytes: Number.POSITIVE_INFINITY,
        ...(signal ? { signal } : {}),
      })
    } catch (error) {
      throw stalled(error)
    }
  }

  const stalled = (error: unknown): unknown =>
    error instanceof ProgramIdle
      ? StorageBroken({ why: `nothing moved for ${idleMs / 1_000} s` }, error)
      : error

  /** What the filters let through, links as links. */
  async function* listed(
    remote: Remote,
    filters: readonly string[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Listed, void, undefined> {
    const running = start(remote, ['--list-only', ...filters, '--', target(remote)], signal)
    void running.feed(nothing())
    for await (const text of linesOf(running.output())) {
      const entry = parseLine(text)
      if (entry && entry.name !== '.') yield entry
    }
    const end = await running.ended.catch((error: unknown) => {
      throw stalled(error)
    })
    // 24: something went while it was listed.
    if (end.code !== 0 && end.code !== 24 && !saysMissing(end)) throw rsyncError(end, host)
  }

  /** The object at a key, when there is one; refused when a link is on the way to it. */
  async function look(
    remote: Remote,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<Listed | undefined> {
    const chain = chainOf(key)
    let found: Listed | undefined
    for await (const entry of listed(remote, only(chain), signal)) {
      if (!chain.includes(entry.name)) continue
      if (entry.type === 'link') throw StorageRefused({ why: `${entry.name} is a symbolic link` })
      if (entry.name === key && entry.type === 'file') found = entry
    }
    return found
  }

  /** No link is on the way to the key, or was a moment ago. One in its place is replaced. */
  async function checkFolders(
    remote: Remote,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const parents = chainOf(key).slice(0, -1)
    const since = Date.now() - knownMs
    if (parents.every((folder) => (folders.get(folder) ?? 0) > since)) return
    for await (const { name, type } of listed(remote, only(parents), signal)) {
      if (!parents.includes(name)) continue
      if (type === 'link') throw StorageRefused({ why: `${name} is a symbolic link` })
      if (type === 'folder') folders.set(name, Date.now())
    }
  }

  /** The file of that name in `object`, and the folders it is in. */
  async function send(remote: Remote, key: string, signal: AbortSignal | undefined): Promise<void> {
    const args = [
      ...['--relative', '--whole-file', '--chmod=D0700,F0600', '--info=progress2'],
      // Of the same size in the same second would be taken to be there.
      '--ignore-times',
    ]
    const paths = ['--', `object/./${key}`, target(remote)]
    let end = await run(remote, [...args, ...paths], signal)
    // Servers before 3.2.3 do not know the option; most have the directory.
    if (saysMissing(end)) end = await run(remote, [...args, '--mkpath', ...paths], signal)
    if (end.code !== 0) throw rsyncError(end, host)
  }

  /** A copy of it is read while it grows. */
  async function* received(
    remote: Remote,
    key: string,
    offset: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const here = join(remote.directory, 'got')
    await mkdir(here, { mode: 0o700 })
    const copy = join(here, lastOf(key))
    const changes = watchFor(here)
    const running = startProgram(
      'rsync',
      [
        ...always,
        ...remote.args,
        '--inplace',
        '--whole-file',
        '--',
        `${target(remote)}${key}`,
        'got/',
      ],
      { env: remote.env, cwd: remote.directory, ...(signal ? { signal } : {}) },
    )
    try {
      void running.feed(nothing())
      const ended = drained(running)
      ended.finally(changes.stop).catch(() => undefined)
      let position = offset
      while (await changes.next()) {
        for await (const chunk of grown(copy, position)) {
          position += chunk.length
          yield chunk
        }
      }
      const end = await ended
      if (end.code !== 0) throw saysMissing(end) ? StorageNotFound({ key }) : rsyncError(end, host)
      yield* grown(copy, position)
    } finally {
      running.kill()
      changes.stop()
    }
  }

  async function remove(
    remote: Remote,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const parents = chainOf(name).slice(0, -1)
    const here = join(remote.directory, 'none')
    await mkdir(join(here, dirname(name)), { recursive: true })
    const end = await run(
      remote,
      // Folders that are here are not deleted there, and what is there and not ours to take is excluded.
      [
        '--delete',
        '--existing',
        '--ignore-existing',
        ...only([...parents, name]),
        '--',
        'none/',
        target(remote),
      ],
      signal,
    )
    if (end.code !== 0 && !saysMissing(end)) throw rsyncError(end, host)
  }

  return {
    kind: 'rsync',
    timesPutsItself: true,

    async put(key, body, { signal } = {}) {
      await remotes.use(signal, async (remote) => {
        await checkFolders(remote, key, signal)
        const file = join(remote.directory, 'object', key)
        await mkdir(dirname(file), { recursive: true, mode: 0o700 })
        await pipeline(body(), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
        await send(remote, key, signal)
      })
    },

    async get(key, { offset = 0, signal } = {}) {
      const remote = await remotes.open(signal)
      try {
        const found = await look(remote, key, signal)
        if (!found) throw StorageNotFound({ key })
        const { size, modifiedAtUnixMs } = found
        return {
          size,
          version: `${modifiedAtUnixMs}-${size}`,
          body: (async function* () {
            try {
              if (offset < size) yield* received(remote, key, offset, signal)
            } finally {
              await remote.end()
            }
          })(),
        }
      } catch (error) {
        await remote.end()
        throw error
      }
    },

    async stat(key, signal) {
      const found = await remotes.use(signal, async (remote) => await look(remote, key, signal))
      return found ? objectOf(found) : undefined
    },

    async *list(prefix, signal) {
      const remote = await remotes.open(signal)
      const chain = prefix === '' ? [] : chainOf(prefix.slice(0, -1))
      const filters =
        prefix === '' ? [] : [...chain.map(include), `--include=/${prefix}***`, '--exclude=*']
      try {
        for await (const entry of listed(remote, filters, signal)) {
          if (entry.type === 'link' && chain.includes(entry.name)) {
            throw StorageRefused({ why: `${entry.name} is a symbolic link` })
          }
          if (entry.type === 'file') yield objectOf(entry)
        }
      } finally {
        await remote.end()
      }
    },

    async delete(key, signal) {
      await remotes.use(signal, async (remote) => {
        if (await look(remote, key, signal)) await remove(remote, key, signal)
      })
    },

    async sweep(signal) {
      return await remotes.use(signal, async (remote) => {
        const old: string[] = []
        const filters = ['--include=*/', '--include=.*', '--exclude=*']
        for await (const { name, type, modifiedAtUnixMs } of listed(remote, filters, signal)) {
          if (type !== 'file' || !isLeftover(name.slice(name.lastIndexOf('/') + 1))) continue
          if (modifiedAtUnixMs <= Date.now() - leftoverAgeMs) old.push(name)
        }
        for (const name of old) await remove(remote, name, signal)
        return old.length
      })
    },

    close: () => remotes.close(),
  }
}

/** With its slash. Below a module there is no root but the module's. */
function baseOf(settings: Settings): string {
  const given = settings.text('path')
  const path = given.replace(/^\/+|\/+$/g, '')
  const isAbsolute = given.startsWith('/') && settings.text('transport') === 'ssh'
  return `${isAbsolute ? '/' : ''}${path === '' ? './' : `${path}/`}`
}

const include = (path: string): string => `--include=/${path}`
/** Filters for these paths and no others. Keys hold nothing a filter reads in its own way. */
const only = (paths: readonly string[]): readonly string[] => [...paths.map(include), '--exclude=*']

/** rsync's own name for a file that is not whole, of any key; and ours, of other kinds at the same place. */
const isLeftover = (name: string): boolean =>
  isTemporary(name) || /^\.[A-Za-z0-9_-][A-Za-z0-9._-]*\.[A-Za-z0-9]{6}$/.test(name)

/** What there is of a file from a position on; a file that is not there yet has nothing. */
async function* grown(path: string, from: number): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openFile(path, 'r').catch(() => undefined)
  if (!file) return
  try {
    for (let position = from; ; ) {
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(256 * 1024),
        0,
        256 * 1024,
        position,
      )
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

async function drained(running: RunningProgram): Promise<ProgramEnd> {
  for await (const _ of running.output());
  return await running.ended
}

/** Tells of changes in a directory, several as one. */
function watchFor(directory: string): { next(): Promise<boolean>; stop(): void } {
  let isOver = false
  let isChanged = false
  let wake = (): void => undefined
  const tell = (): void => {
    isChanged = true
    wake()
  }
  const watcher = watch(directory, tell)
  watcher.on('error', tell)
  return {
    async next() {
      if (!isChanged && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      isChanged = false
      return !isOver
    },
    stop() {
      isOver = true
      watcher.close()
      wake()
    },
  }
}

const lastOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
const objectOf = ({ name, size, modifiedAtUnixMs }: Listed): StoredObject => ({
  key: name,
  size,
  modifiedAtUnixMs,
})
