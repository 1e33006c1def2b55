import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'

// The fields of a kind of storage as the server describes them: what is asked for, checked and shown here follows from
// that, so a new kind needs no new command line.

export interface KindField {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly type: 'text' | 'integer' | 'boolean' | 'choice' | 'secret' | 'multiline_secret'
  readonly is_secret: boolean
  readonly is_required: boolean
  readonly default: string | number | boolean | null
  readonly choices: readonly string[]
  readonly min: number | null
  readonly max: number | null
  readonly example: string
}

export interface Kind {
  readonly kind: string
  readonly title: string
  readonly fields: readonly KindField[]
  readonly unavailable_because: string | null
}

export const kindsPath = '/backups/storage-locations/types/supported'

export async function fetchKinds(context: Context, command: Command): Promise<readonly Kind[]> {
  return (await context.api(command).json<{ items: Kind[] }>(kindsPath)).items
}

export function kindNamed(kinds: readonly Kind[], name: string): Kind {
  const found = kinds.find(({ kind }) => kind === name)
  if (found) return found
  const names = kinds.map(({ kind }) => kind).join(', ')
  throw new CliError(`there is no kind ${name}; there are ${names}`, exitCodes.usage)
}

export interface FieldOptions {
  readonly set?: readonly string[]
  readonly unset?: readonly string[]
  readonly secret?: readonly string[]
  readonly secretFile?: readonly string[]
  readonly secretEnv?: readonly string[]
  readonly secretStdin?: string
}

const repeated = (text: string, before: readonly string[] = []) => [...before, text]

/** Secrets come from anywhere but the command line, which everybody on the machine can read. */
export const fieldOptions = (command: Command): Command =>
  command
    .option('--set <field=value>', 'a field of the kind (holdfast storage kinds); repeat', repeated)
    .option('--secret <field>', 'ask for this secret; repeat', repeated)
    .option('--secret-file <field=path>', 'read this secret from a file; repeat', repeated)
    .option('--secret-env <field=variable>', 'take it from the environment; repeat', repeated)
    .option('--secret-stdin <field>', 'read this secret from standard input')

const usage = (message: string): CliError => new CliError(message, exitCodes.usage)

function pair(text: string, option: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at <= 0) throw usage(`${option} takes field=…, not ${text.slice(0, 40)}`)
  return [text.slice(0, at), text.slice(at + 1)]
}

type Value = string | number | boolean | null

export interface GivenFields {
  readonly config: Record<string, Value>
  readonly credentials: Record<string, Value>
}

/** What the options say. `asksFor`: secrets that are asked for besides, when somebody is there. */
export async function readFields(
  context: Context,
  kind: Kind,
  options: FieldOptions,
  asksFor: readonly string[] = [],
): Promise<GivenFields> {
  const config: Record<string, Value> = {}
  const credentials: Record<string, Value> = {}
  const field = (name: string): KindField => {
    const found = kind.fields.find((one) => one.name === name)
    if (found) return found
    const names = kind.fields.map((one) => one.name).join(', ')
    throw usage(`${kind.kind} has no field ${name.slice(0, 40)}; it has ${names}`)
  }
  const secret = (name: string): KindField => {
    const found = field(name)
    if (found.is_secret) return found
    throw usage(`${name} is no secret: give it as --set ${name}=…`)
  }
  const take = (name: string, value: string): void => {
    const { type } = secret(name)
    const read = type === 'multiline_secret' ? value : value.replace(/\r?\n$/, '')
    if (read === '') throw usage(`nothing was given for ${name}`)
    credentials[name] = read
  }

  for (const text of options.set ?? []) {
    const [name, value] = pair(text, '--set')
    const found = field(name)
    if (found.is_secret)
      throw usage(
        `${name} is a secret and has no place on a command line: use --secret ${name}, --secret-file, --secret-env or --secret-stdin`,
      )
    config[name] = typed(found, value)
  }
  for (const name of options.unset ?? []) {
    if (field(name).is_secret) credentials[name] = null
    else config[name] = null
  }
  for (const text of options.secretFile ?? []) {
    const [name, path] = pair(text, '--secret-file')
    take(name, contentOf(path))
  }
  for (const text of options.secretEnv ?? []) {
    const [name, variable] = pair(text, '--secret-env')
    take(name, context.env[variable] ?? '')
  }
  if (options.secretStdin !== undefined) take(options.secretStdin, await context.ask.stdin())
  const asked = new Set([...(options.secret ?? []), ...asksFor])
  for (const name of asked) {
    if (name in credentials) continue
    take(name, await context.ask.secret(secret(name).title))
  }
  return { config, credentials }
}

/** Secrets that must be given and were not. */
export const secretsToAskFor = ({ fields }: Kind, options: FieldOptions): readonly string[] => {
  const given = [...(options.secretFile ?? []), ...(options.secretEnv ?? [])]
    .map((text) => text.split('=', 1)[0])
    .concat(options.secretStdin ?? [], options.secret ?? [])
  return fields
    .filter((one) => one.is_secret && one.is_required && !given.includes(one.name))
    .map(({ name }) => name)
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw usage(`${path} cannot be read`)
  }
}

/** A value of the field's type; the server judges whether it is one of its values. */
function typed({ name, type }: KindField, text: string): Value {
  if (type === 'integer') {
    const number = Number(text)
    if (text.trim() === '' || !Number.isSafeInteger(number))
      throw usage(`${name} is a whole number, not ${text.slice(0, 40)}`)
    return number
  }
  if (type === 'boolean') {
    if (['true', 'yes', 'on'].includes(text)) return true
    if (['false', 'no', 'off'].includes(text)) return false
    throw usage(`${name} is true or false, not ${text.slice(0, 40)}`)
  }
  return text
}
