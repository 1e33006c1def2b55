import { accessSync, constants, existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fetchPrograms } from './system-packages.ts'

/** The package that brings a program, on Debian and Ubuntu. */
const packages = {
  ip: 'iproute2',
  wg: 'wireguard-tools',
  'wg-quick': 'wireguard-tools',
  'wireguard-go': 'wireguard-go',
  ping: 'iputils-ping',
  curl: 'curl',
} as const
export type Program = keyof typeof packages

/** PATH, and the folders system programs live in, which services often run without. */
export const searchPath = (env: NodeJS.ProcessEnv): string =>
  [...(env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']
    .filter((folder, index, all) => isAbsolute(folder) && all.indexOf(folder) === index)
    .join(':')

export function findProgram(name: string, path: string): string | undefined {
  return path
    .split(':')
    .map((folder) => join(folder, name))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/**
 * A PATH on which all the programs are. What the machine does not have is fetched into `directory`, which the
 * system does not see. Throws, naming what is missing and how to get it.
 */
export async function pathWith(
  programs: readonly Program[],
  directory: string,
  env: NodeJS.ProcessEnv,
  onFetch: (packages: readonly string[]) => void,
  signal: AbortSignal,
): Promise<string> {
  const path = searchPath(env)
  const missing = programs.filter((name) => !findProgram(name, path))
  if (missing.length === 0) return path
  const names = [...new Set(missing.map((name) => packages[name]))]
  try {
    if (missing.some((name) => !existsSync(join(directory, 'bin', name)))) onFetch(names)
    return `${await fetchPrograms(directory, names, missing, signal)}:${path}`
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `${missing.join(', ')} not found and not to be fetched (${why}): apt-get install ${names.join(' ')}`,
      { cause: error },
    )
  }
}
