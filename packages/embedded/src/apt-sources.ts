import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A package archive this machine is configured to use. */
export interface AptSource {
  readonly uri: string
  readonly suite: string
  readonly components: readonly string[]
  /** Keyring file, or undefined where apt's trusted keys count. */
  readonly signedBy: string | undefined
}

/** One-line format: `deb [options] uri suite component…`. */
export function parseSourcesList(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    const [, options = '', uri, suite, components = ''] = match ?? []
    if (uri === undefined || suite === undefined) return []
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1]
    return [{ uri, suite, components: words(components), signedBy }]
  })
}

/** Deb822 format: fields in paragraphs. A key in the field itself counts as none of ours. */
export function parseDeb822(text: string): readonly AptSource[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = new Map<string, string>()
    let last: string | undefined
    for (const line of paragraph.split('\n')) {
      if (line.startsWith('#')) continue
      const [, name, value] = /^([A-Za-z-]+):\s*(.*)$/.exec(line) ?? []
      if (name !== undefined) {
        last = name.toLowerCase()
        fields.set(last, value ?? '')
      } else if (last !== undefined && /^\s/.test(line)) {
        fields.set(last, `${fields.get(last)} ${line.trim()}`)
      }
    }
    const of = (name: string): readonly string[] => words(fields.get(name) ?? '')
    if (!of('types').includes('deb') || /^no$/i.test(fields.get('enabled') ?? '')) return []
    const signedBy = of('signed-by').find((word) => word.startsWith('/'))
    return of('uris').flatMap((uri) =>
      of('suites').map((suite) => ({ uri, suite, components: of('components'), signedBy })),
    )
  })
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '')

const readOr = async (path: string, otherwise: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return otherwise // absent or not for us: then it names no archive
  }
}

/** The machine's archives, from `/etc/apt`. Empty without apt. */
export async function readAptSources(etc = '/etc/apt'): Promise<readonly AptSource[]> {
  const parts = await readdir(join(etc, 'sources.list.d')).catch(() => [])
  const sources = [...parseSourcesList(await readOr(join(etc, 'sources.list'), ''))]
  for (const part of [...parts].sort()) {
    const text = await readOr(join(etc, 'sources.list.d', part), '')
    if (part.endsWith('.list')) sources.push(...parseSourcesList(text))
    if (part.endsWith('.sources')) sources.push(...parseDeb822(text))
  }
  return sources
}

/** A word of /etc/os-release, lower case; empty when it is not there. */
export async function osRelease(field: string, path = '/etc/os-release'): Promise<string> {
  const text = await readOr(path, '')
  const [, value = ''] = new RegExp(`^${field}=["']?([^"'\\n]*)`, 'm').exec(text) ?? []
  return value.toLowerCase()
}

const debianKeyrings = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
]

export interface OfferedSource extends AptSource {
  /** For people, for example `Debian sid`. */
  readonly label: string
}

/**
 * Where a newer package may be, newest first: Debian's rolling suites by the machine's own Debian
 * mirror, then the suite the machine runs. No archive is ever named here: a machine without a Debian
 * mirror is offered its own suite alone.
 */
export async function newestSources(options: {
  readonly sources: readonly AptSource[]
  readonly codename: string
  readonly keyringExists: (path: string) => boolean
}): Promise<readonly OfferedSource[]> {
  const { sources, codename, keyringExists } = options
  const usable = sources.filter(({ uri }) => !uri.startsWith('cdrom:'))
  const debianKeyring = debianKeyrings.find(keyringExists)
  const debian = usable.find(
    ({ uri, suite }) => /\/debian\/?$/.test(uri) && !/security|backports/.test(suite),
  )
  const signedBy = debianKeyring ?? debian?.signedBy
  const rolling =
    debian && signedBy !== undefined
      ? ['sid', 'testing', 'trixie'].map((suite) => ({
          ...debian,
          suite,
          components: ['main'],
          signedBy,
          label: `Debian ${suite}`,
        }))
      : []
  const own = usable.filter(({ suite }) => suite === codename || suite === `${codename}-updates`)
  const isOffered = (source: AptSource): boolean =>
    rolling.some(({ uri, suite }) => uri === source.uri && suite === source.suite)
  return [
    ...rolling,
    ...own
      .filter((source) => !isOffered(source))
      .map((source) => ({ ...source, label: `this machine's ${source.suite}` })),
  ]
}
