import { type FileInfo, FileType } from 'basic-ftp'
import type { FtpConnection } from './connection.ts'
import { isMissing, replyOf } from './errors.ts'

/** What is at a path. */
export interface Entry {
  readonly isFile: boolean
  readonly isLink: boolean
  readonly size: number
  readonly modifiedAtUnixMs: number
}

/** Undefined: nothing. `listed`: what a listing said of it already. */
export async function entryAt(
  on: FtpConnection,
  pathOf: (name: string) => string,
  name: string,
  listed?: FileInfo,
): Promise<Entry | undefined> {
  return on.tellsFacts
    ? await factsOf(on, pathOf(name))
    : await piecedTogether(on, pathOf, name, listed)
}

/** Of a folder that is not there: none. */
export async function entriesIn({ client }: FtpConnection, path: string): Promise<FileInfo[]> {
  return await client.list(path).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
}

async function factsOf({ client }: FtpConnection, path: string): Promise<Entry | undefined> {
  const reply = await client.sendIgnoringError(`MLST ${path}`)
  if (reply.code >= 400) return undefined
  const line = reply.message.split(/\r?\n/).find((text) => /^ ?[^\s=]+=\S+; /.test(text)) ?? ''
  const facts = new Map(
    (line.trim().split(' ')[0] ?? '').split(';').map((fact) => {
      const at = fact.indexOf('=')
      return [fact.slice(0, at).toLowerCase(), fact.slice(at + 1)] as const
    }),
  )
  const type = (facts.get('type') ?? '').toLowerCase()
  return {
    isFile: type === 'file',
    isLink: /^os\.unix=s(ym)?link/.test(type),
    size: Number(facts.get('size') ?? 0),
    modifiedAtUnixMs: timeOf(facts.get('modify') ?? ''),
  }
}

/** From a server of before 2007: its listing knows what is a link, SIZE and MDTM know a file. */
async function piecedTogether(
  on: FtpConnection,
  pathOf: (name: string) => string,
  name: string,
  listed: FileInfo | undefined,
): Promise<Entry | undefined> {
  const { client } = on
  const path = pathOf(name)
  const last = name.slice(name.lastIndexOf('/') + 1)
  const size = listed?.size ?? (await numberOf(client.send(`SIZE ${path}`)))
  if (size !== undefined) {
    // A listing of a file is its own line, a link's as well.
    const found =
      listed ?? (await entriesIn(on, path)).find((file) => file.name.split('/').at(-1) === last)
    const isLink = found?.type === FileType.SymbolicLink
    const time = await client.sendIgnoringError(`MDTM ${path}`)
    return { isFile: !isLink, isLink, size, modifiedAtUnixMs: timeOf(time.message.slice(4)) }
  }
  const folder = name.includes('/')
    ? pathOf(name.slice(0, name.lastIndexOf('/')))
    : pathOf('').replace(/\/$/, '')
  const found = (await entriesIn(on, folder)).find((file) => file.name === last)
  if (!found) return undefined
  return {
    isFile: false,
    isLink: found.type === FileType.SymbolicLink,
    size: 0,
    modifiedAtUnixMs: 0,
  }
}

/** Undefined: the server refuses, since there is no such file. */
async function numberOf(asked: Promise<{ readonly message: string }>): Promise<number | undefined> {
  try {
    const number = Number.parseInt((await asked).message.slice(4), 10)
    return Number.isNaN(number) ? undefined : number
  } catch (error) {
    if (replyOf(error) === undefined) throw error
    return undefined
  }
}

/** `YYYYMMDDHHMMSS`, in UTC; 0 when a server does not tell. */
function timeOf(text: string): number {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})/.exec(text.trim())
  if (!match) return 0
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
