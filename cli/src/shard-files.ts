import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { shardFileName } from '@holdfast/crypto'
import type { Ask } from './context.ts'
import { CliError, exitCodes } from './exit.ts'

/** Where shards will go. Refuses before any are made: they are told only once. */
export function shardPaths(directory: string, shares: number): readonly string[] {
  const paths = Array.from({ length: shares }, (_, at) => join(directory, shardFileName(at + 1)))
  const taken = paths.find((path) => existsSync(path))
  if (taken !== undefined)
    throw new CliError(
      `${taken} is there already: move it away, or name another directory with --out`,
      exitCodes.conflict,
    )
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return paths
}

/** Whole and on the disk when this returns, for nobody else to read; replaces nothing. */
export function writeSecretly(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  syncDirectory(dirname(path))
}

/** The same in the place of what is there. A crash leaves that, or this. */
export function replaceSecretly(path: string, text: string): void {
  const next = `${path}.next`
  rmSync(next, { force: true }) // of an attempt that was cut short
  writeSecretly(next, text)
  renameSync(next, path)
  syncDirectory(dirname(path))
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

export const readShards = (files: readonly string[]): readonly string[] =>
  files.map((file) => readFileSync(file, 'utf8'))

/** One shard, typed or pasted without being shown; its last line is the checksum. */
export async function askShard(ask: Pick<Ask, 'secret'>, number: number): Promise<string> {
  const lines: string[] = []
  for (;;) {
    const line = await ask.secret(
      lines.length === 0 ? `Shard ${number}, line by line, to its checksum` : 'Next line',
    )
    lines.push(line)
    if (/^\s*checksum\s*:/im.test(line)) return lines.join('\n')
    if (lines.length > 40) throw new CliError('that is no shard', exitCodes.usage)
  }
}
