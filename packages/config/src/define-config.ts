import type { Env, Fault, Setting } from './setting.ts'

/** Every bad setting at once, so that one start is enough to see them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(({ variable, problem }) => `  ${variable} ${problem}`)
    super(`${faults.length === 1 ? 'a setting is' : 'settings are'} wrong:\n${lines.join('\n')}`)
    this.faults = faults
  }
}

/** What documentation says about a setting. */
export interface SettingRow {
  readonly variable: string
  readonly kind: string
  readonly defaultText: string | undefined
  readonly isRequired: boolean
  readonly isSecret: boolean
  readonly doc: string
}

export type Spec = Readonly<Record<string, Setting<unknown>>>

export type Values<S extends Spec> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never
}

export interface Definition<S extends Spec> {
  readonly spec: S
  /** Reads every setting; throws a ConfigError that names all that are wrong. */
  load(env: Env): Values<S>
  /** Rows of docs/settings.md. */
  describe(): readonly SettingRow[]
}

/** The settings of a process, by the name the program uses. */
export function defineConfig<const S extends Spec>(spec: S): Definition<S> {
  return {
    spec,
    load(env) {
      const faults: Fault[] = []
      const values: Record<string, unknown> = {}
      for (const [key, setting] of Object.entries(spec)) {
        const outcome = setting.read(env)
        if ('problem' in outcome) {
          faults.push({ variable: setting.variable, problem: outcome.problem })
        } else values[key] = outcome.value
      }
      if (faults.length > 0) throw new ConfigError(faults)
      // Each key of the spec was read above by the setting whose type it has.
      return values as Values<S>
    },
    describe() {
      return Object.values(spec).map(
        ({ variable, kind, defaultText, isRequired, isSecret, doc }) => ({
          variable,
          kind,
          defaultText,
          isRequired,
          isSecret,
          doc,
        }),
      )
    },
  }
}
