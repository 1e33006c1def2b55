import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { Secret } from './secret.ts'
import {
  BadValue,
  type Read,
  type Setting,
  type SettingOptions,
  setting,
  take,
  textOf,
} from './setting.ts'

interface TextOptions extends SettingOptions {
  /** The whole text must match. */
  readonly pattern?: RegExp
}

/** Any text. */
export const text = <O extends TextOptions>(
  variable: string,
  options: O,
): Setting<Read<string, O>> =>
  setting(variable, options, 'text', (value) => {
    const match = options.pattern?.exec(value)
    if (options.pattern && match?.[0] !== value) {
      throw new BadValue(`must match ${options.pattern.source}`)
    }
    return value
  })

interface IntegerOptions extends SettingOptions {
  readonly min: number
  readonly max: number
}

/** A whole number between `min` and `max`, both included. */
export const integer = <O extends IntegerOptions>(
  variable: string,
  options: O,
): Setting<Read<number, O>> =>
  setting(variable, options, `integer ${options.min}–${options.max}`, (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= options.min && number <= options.max)) {
      throw new BadValue(`must be a whole number from ${options.min} to ${options.max}`)
    }
    return number
  })

/** One of a closed set. */
export const oneOf = <const V extends string, O extends SettingOptions>(
  variable: string,
  values: readonly V[],
  options: O,
): Setting<Read<V, O>> =>
  setting(variable, options, values.join(' | '), (value) => {
    const found = values.find((candidate) => candidate === value)
    if (found === undefined) throw new BadValue(`must be one of: ${values.join(', ')}`)
    return found
  })

/** `true` or `false`; `1`, `yes`, `on` and their opposites are understood. */
export const flag = <O extends SettingOptions>(
  variable: string,
  options: O,
): Setting<Read<boolean, O>> =>
  setting(variable, options, 'true | false', (value) => {
    if (/^(true|1|yes|on)$/i.test(value)) return true
    if (/^(false|0|no|off)$/i.test(value)) return false
    throw new BadValue('must be true or false')
  })

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** A span of time with its unit, such as `250ms`, `10s`, `15m`, `24h` or `7d`; milliseconds to the program. */
export const durationMs = <O extends SettingOptions>(
  variable: string,
  options: O,
): Setting<Read<number, O>> =>
  setting(variable, options, 'duration', (value) => {
    const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(value)
    const unit = units[match?.[2] ?? '']
    if (value === '0') return 0
    if (unit === undefined)
      throw new BadValue('must be a number with ms, s, m, h or d, such as 10s')
    return Math.round(Number(match?.[1]) * unit)
  })

export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`; IPv6 in brackets. Port 0 asks the system for a free one. */
export const address = <O extends SettingOptions>(
  variable: string,
  options: O,
): Setting<Read<Address, O>> => setting(variable, options, 'host:port', parseAddress)

function parseAddress(value: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(value)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || !(port <= 65_535) || (match?.[1] && !isIPv6(host))) {
    throw new BadValue('must be host:port, such as 127.0.0.1:7001 or [::1]:7001')
  }
  return { host, port }
}

/** A path in the file system. Whether it exists is for its reader to say. */
export const path = <O extends SettingOptions>(
  variable: string,
  options: O,
): Setting<Read<string, O>> =>
  setting(variable, options, 'path', (value) => {
    if (value.includes('\0')) throw new BadValue('must be a path')
    return value
  })

/** Words separated by commas; blanks around them do not count. */
export const list = <O extends SettingOptions>(
  variable: string,
  options: O,
): Setting<Read<readonly string[], O>> =>
  setting(variable, options, 'list', (value) => {
    const words = value.split(',').map((word) => word.trim())
    if (words.some((word) => word === '')) {
      throw new BadValue('must be words separated by commas, none of them empty')
    }
    return words
  })

type SecretOptions = Omit<SettingOptions, 'default'>

/**
 * A secret from NAME, or from the file NAME_FILE names (one line end at its end does not count). It has no
 * default, ever.
 */
export function secret<O extends SecretOptions>(
  variable: string,
  options: O,
): Setting<Read<Secret, O>> {
  const fileVariable = `${variable}_FILE`
  return {
    variable,
    kind: 'secret',
    doc: options.doc,
    defaultText: undefined,
    isRequired: options.optional !== true,
    isSecret: true,
    read(env) {
      const own = textOf(env, variable)
      const file = textOf(env, fileVariable)
      if (own !== undefined && file !== undefined) {
        return { problem: `is set twice: take away ${variable} or ${fileVariable}` }
      }
      if (file === undefined) {
        return take<Secret, O>(own, options, (value) => new Secret(value))
      }
      try {
        const value = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
        if (value === '') return { problem: `is empty in ${file} (${fileVariable})` }
        return take<Secret, O>(value, options, (content) => new Secret(content))
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
        return { problem: `cannot be read from ${file} (${fileVariable}): ${code}` }
      }
    },
  }
}
