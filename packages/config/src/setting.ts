/** The environment settings are read from. */
export type Env = Readonly<Record<string, string | undefined>>

/** What is wrong with one setting. Never carries the value of a secret. */
export interface Fault {
  readonly variable: string
  readonly problem: string
}

/** One setting: where it comes from, what it may be, and what it is for. */
export interface Setting<T> {
  readonly variable: string
  readonly kind: string
  readonly doc: string
  readonly defaultText: string | undefined
  readonly isRequired: boolean
  readonly isSecret: boolean
  read(env: Env): { readonly value: T } | { readonly problem: string }
}

export interface SettingOptions {
  readonly doc: string
  /** Written as in the environment, so that documentation and parser see one thing. */
  readonly default?: string
  /** Undefined when neither set nor defaulted. */
  readonly optional?: boolean
}

/** `undefined` joins the type only where the setting says it is optional. */
export type Read<T, O extends SettingOptions> = O extends { readonly optional: true }
  ? T | undefined
  : T

/** Thrown by the parser of a setting; the message completes "NAME …", for example `must be a port`. */
export class BadValue extends Error {}

export function setting<T, O extends SettingOptions>(
  variable: string,
  options: O,
  kind: string,
  parse: (text: string) => T,
): Setting<Read<T, O>> {
  return {
    variable,
    kind,
    doc: options.doc,
    defaultText: options.default,
    isRequired: options.default === undefined && options.optional !== true,
    isSecret: false,
    read(env) {
      return take<T, O>(textOf(env, variable) ?? options.default, options, parse)
    },
  }
}

/** A variable set to nothing counts as not set: compose files cannot leave one out. */
export function textOf(env: Env, variable: string): string | undefined {
  const text = env[variable]?.trim()
  return text === '' ? undefined : text
}

export function take<T, O extends SettingOptions>(
  text: string | undefined,
  options: O,
  parse: (text: string) => T,
): { value: Read<T, O> } | { problem: string } {
  if (text === undefined) {
    if (options.optional !== true) return { problem: 'is not set and has no default' }
    // The conditional type is undecided inside the generic; `optional` is exactly its condition.
    return { value: undefined as Read<T, O> }
  }
  try {
    return { value: parse(text) as Read<T, O> }
  } catch (error) {
    if (error instanceof BadValue) return { problem: error.message }
    throw error
  }
}
