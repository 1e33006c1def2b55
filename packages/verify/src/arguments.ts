/** What was asked for on the command line. */
export interface Arguments {
  readonly command: Command
  readonly operands: readonly string[]
  /** Verifier keys of the log, or files that hold them. */
  readonly keys: readonly string[]
  readonly witnesses: readonly string[]
  /** How many of them have to have cosigned; undefined: all of them. */
  readonly witnessesNeeded: number | undefined
  /** Files with checkpoints the auditor holds. */
  readonly checkpoints: readonly string[]
  readonly allowUnpinned: boolean
  readonly isJson: boolean
  readonly isQuiet: boolean
}

export const commands = ['bundle', 'entry', 'consistency', 'archive'] as const
export type Command = (typeof commands)[number]

/** The call itself makes no sense. */
export class UsageError extends Error {}

const operandsOf: Readonly<Record<Command, readonly [least: number, most: number]>> = {
  bundle: [1, 1],
  entry: [1, 1],
  consistency: [1, 3],
  archive: [1, 1],
}

export const usage = `holdfast-verify: is this log what was logged? Needs no server, no network and no other file.

  holdfast-verify bundle <file>                      a bundle of entries (- reads standard input)
  holdfast-verify entry <file>                       one entry with its proof
  holdfast-verify consistency <note> <note> [proof]  two checkpoints: the later log begins with the earlier
  holdfast-verify consistency <proof>                the same, for the two checkpoints in the proof
  holdfast-verify archive <directory>                the archive's segments and checkpoints

  --key <key|file>       the log's verifier key, as you were given it; repeat for several
  --witness <key|file>   verifier key of a witness; repeat for several
  --witnesses <n>        how many of the witnesses must have cosigned (default: all that are named)
  --checkpoint <file>    a checkpoint you kept: the log must only have grown since; repeat for several
  --allow-unpinned       without --key: take the key from the evidence itself and still exit with 0
  --json                 the result as JSON on standard output
  --quiet                no output, only the exit code
  --version, --help

Exit code: 0 all is well, 1 something was changed, 2 evidence is missing, 3 wrong key or wrong usage.
`

/** Throws a `UsageError`. Options and operands may come in any order; `--` ends the options. */
export function parseArguments(argv: readonly string[]): Arguments {
  const operands: string[] = []
  const lists = { key: [] as string[], witness: [] as string[], checkpoint: [] as string[] }
  const flags = { 'allow-unpinned': false, json: false, quiet: false }
  let needed: number | undefined
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest.splice(0))
    } else if (!word.startsWith('--')) {
      operands.push(word)
    } else {
      const equals = word.indexOf('=')
      const name = word.slice(2, equals < 0 ? undefined : equals)
      const inline = equals < 0 ? undefined : word.slice(equals + 1)
      if (Object.hasOwn(flags, name)) {
        if (inline !== undefined) throw new UsageError(`--${name} takes no value`)
        flags[name as keyof typeof flags] = true // checked by hasOwn
        continue
      }
      const isList = Object.hasOwn(lists, name)
      if (!isList && name !== 'witnesses') throw new UsageError(`there is no option --${name}`)
      const value = inline ?? rest.shift()
      if (value === undefined || value === '') throw new UsageError(`--${name} needs a value`)
      if (isList) lists[name as keyof typeof lists].push(value)
      else needed = parseCount(value)
    }
  }
  const [name, ...files] = operands
  const command = commands.find((known) => known === name)
  if (!command)
    throw new UsageError(
      name === undefined ? 'what shall be verified?' : `there is no command ${name}`,
    )
  const [least, most] = operandsOf[command]
  if (files.length < least || files.length > most)
    throw new UsageError(
      `${command} takes ${least === most ? `${least} argument` : `${least} to ${most} arguments`}, not ${files.length}`,
    )
  return {
    command,
    operands: files,
    keys: lists.key,
    witnesses: lists.witness,
    witnessesNeeded: needed,
    checkpoints: lists.checkpoint,
    allowUnpinned: flags['allow-unpinned'],
    isJson: flags.json,
    isQuiet: flags.quiet,
  }
}

function parseCount(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value))
    throw new UsageError(`--witnesses takes a number from 1 up, not ${value}`)
  return Number(value)
}
