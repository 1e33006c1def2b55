import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'

export interface PassphraseOptions {
  readonly passphrase?: boolean
  readonly passphraseFile?: string
  readonly passphraseStdin?: boolean
}

/** Never as an argument: anybody on the machine can read those. */
export const passphraseOptions = (command: Command): Command =>
  command
    .option('--passphrase', 'ask for a passphrase, or take HOLDFAST_BACKUP_PASSPHRASE')
    .option('--passphrase-file <file>', 'read it from a file; the last line break is dropped')
    .option('--passphrase-stdin', 'read it from standard input')

/** Undefined when none is wanted. `isNew`: asked for twice. */
export async function passphraseOf(
  { env, ask }: Pick<Context, 'env' | 'ask'>,
  { passphrase, passphraseFile, passphraseStdin }: PassphraseOptions,
  isNew: boolean,
): Promise<string | undefined> {
  const ways = [passphrase, passphraseFile, passphraseStdin].filter(Boolean).length
  if (ways > 1)
    throw new CliError('give the passphrase in one way, not in several', exitCodes.usage)
  if (passphraseFile !== undefined) return withoutBreak(readFileSync(passphraseFile, 'utf8'))
  if (passphraseStdin) return withoutBreak(await ask.stdin())
  const known = env['HOLDFAST_BACKUP_PASSPHRASE']
  if (!passphrase) return undefined
  if (known) return known
  const first = await ask.secret('Passphrase')
  if (isNew && (await ask.secret('Passphrase, again')) !== first)
    throw new CliError('the two are not the same', exitCodes.usage)
  return first
}

const withoutBreak = (text: string): string => text.replace(/\r?\n$/, '')
