import { accessSync, constants } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** The PATH programs are looked for on, and given. */
export const programPath = (): string =>
  [...(process.env['PATH'] ?? '').split(':'), '/usr/local/bin', '/usr/bin', '/bin']
    .filter((folder) => isAbsolute(folder))
    .join(':')

/** Undefined: there is none. Looked for anew each time: people install what they are told is missing. */
export const findProgram = (name: string): string | undefined =>
  programPath()
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

/** All a program gets of an environment: nothing of ours. */
export const bareEnvironment = (home: string): Readonly<Record<string, string>> => ({
  PATH: programPath(),
  HOME: home,
  LC_ALL: 'C',
  TZ: 'UTC',
})
