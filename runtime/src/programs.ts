import { accessSync, constants } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { findLibbpf } from '@holdfast/bpf'
import { fetchPackages, hasFetched } from '@holdfast/embedded'

/** The package that brings a program, on Debian and Ubuntu. */
const packages = {
  ip: 'iproute2',
  tc: 'iproute2',
  wg: 'wireguard-tools',
  'wg-quick': 'wireguard-tools',
  'wireguard-go': 'wireguard-go',
  nft: 'nftables',
  ping: 'iputils-ping',
  curl: 'curl',
} as const
export type Program = keyof typeof packages

const libbpf = { file: 'libbpf.so.1', package: 'libbpf1' } as const

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

export interface WantedTools {
  readonly required: readonly Program[]
  /** Done without where they cannot be had; so is libbpf. */
  readonly optional: readonly Program[]
}

export interface Tools {
  /** A PATH on which the programs are. */
  readonly path: string
  /** libbpf, when the system has none and it was fetched. */
  readonly libbpf: string | undefined
  /** Why something optional is not there, in one line. */
  readonly without: string | undefined
}

/** How long a start may be kept waiting for what it can do without. */
const optionalMs = 60_000

/**
 * Finds programs and libbpf. What the machine does not have is fetched into `directory`, which the system does not
 * see. Throws, naming what is missing and how to get it.
 */
export async function findTools(
  wanted: WantedTools,
  directory: string,
  env: NodeJS.ProcessEnv,
  onFetch: (packages: readonly string[]) => void,
  signal: AbortSignal,
): Promise<Tools> {
  const path = searchPath(env)
  const isMissing = (name: Program): boolean => !findProgram(name, path)
  const required = wanted.required.filter(isMissing)
  const optional = wanted.optional.filter(isMissing)
  const libraries = findLibbpf({ path: env['HOLDFAST_LIBBPF'] }) ? [] : [libbpf.file]

  const fetch = async (
    programs: readonly Program[],
    files: readonly string[],
    until: AbortSignal,
  ): Promise<Tools> => {
    if (programs.length + files.length === 0) return { path, libbpf: undefined, without: undefined }
    const names = packagesOf(programs, files)
    const missing = { packages: names, programs, libraries: files }
    if (!hasFetched(directory, missing)) onFetch(names)
    const fetched = await fetchPackages(directory, missing, until)
    return {
      path: programs.length > 0 ? `${fetched.bin}:${path}` : path,
      libbpf: fetched.libraries.get(libbpf.file),
      without: undefined,
    }
  }

  const everything = [...required, ...optional]
  const isOptionalOnly = required.length === 0
  try {
    const until = isOptionalOnly
      ? AbortSignal.any([signal, AbortSignal.timeout(optionalMs)])
      : signal
    return await fetch(everything, libraries, until)
  } catch (error) {
    signal.throwIfAborted()
    const without = explain([...optional, ...libraries], packagesOf(optional, libraries), error)
    if (optional.length + libraries.length > 0) {
      try {
        return { ...(await fetch(required, [], signal)), without }
      } catch {
        // The first failure says it as well, and of everything.
      }
    }
    throw new Error(explain(required, packagesOf(required, []), error), { cause: error })
  }
}

const packagesOf = (
  programs: readonly Program[],
  libraries: readonly string[],
): readonly string[] => [
  ...new Set([
    ...programs.map((name) => packages[name]),
    ...(libraries.length > 0 ? [libbpf.package] : []),
  ]),
]

function explain(missing: readonly string[], names: readonly string[], error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  return `${missing.join(', ')} not found and not to be fetched (${why}): apt-get install ${names.join(' ')}`
}
