import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { ApiClient } from '../client.ts'
import type { Context } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { bytes } from '../output.ts'
import { segment } from './options.ts'

/** Smaller ones are over before anybody looks. */
const quietBytes = 16 * 1024 * 1024

export const bar = (percent: number): string => {
  const filled = Math.round(percent / 5)
  return `[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}]`
}

interface Saved {
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

/** Into a file beside, then renamed: what has the name is whole. */
export async function downloadBackup(
  { out }: Context,
  api: ApiClient,
  id: string,
  { output, force }: { readonly output?: string; readonly force?: boolean },
): Promise<Saved> {
  const response = await api.send(`/backups/${segment(id)}/download`)
  const sent = /filename="([A-Za-z0-9][A-Za-z0-9._-]*)"/.exec(
    response.headers.get('content-disposition') ?? '',
  )
  const file = output ?? sent?.[1] ?? 'backup'
  const total = Number(response.headers.get('content-length'))
  const wanted = /sha-256=:([^:]+):/.exec(response.headers.get('repr-digest') ?? '')?.[1]
  const part = `${file}.part`
  const hash = createHash('sha256')
  let read = 0
  let told = 0
  // Exists: somebody else's, and not to be lost without being asked for.
  if (!force) await (await openNew(file)).close()
  const handle = await open(part, 'w', 0o600)
  try {
    for await (const piece of response.body ?? []) {
      hash.update(piece)
      await handle.write(piece)
      read += piece.length
      const percent = Math.floor((read / total) * 20) * 5
      if (percent <= told || total <= quietBytes) continue
      told = percent
      out.note(`${bar(told)} ${String(told).padStart(3)} %  ${bytes(read)}`)
    }
    await handle.sync()
    await handle.close()
    const digest = hash.digest()
    if (read !== total || digest.toString('base64') !== wanted)
      throw new CliError('the download is not what was made: it is not kept', exitCodes.failed)
    await rename(part, file)
    return { file, bytes: read, sha256: digest.toString('hex') }
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(part, { force: true })
    if (!force) await rm(file, { force: true })
    if (error instanceof CliError) throw error
    throw new CliError(`the download broke off: ${(error as Error).message}`, exitCodes.failed)
  }
}

async function openNew(file: string) {
  try {
    return await open(file, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new CliError(`${file} is there already: --force overwrites it`, exitCodes.conflict)
  }
}
