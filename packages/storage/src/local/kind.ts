import { mkdir, readFile, realpath } from 'node:fs/promises'
import { isAbsolute, normalize, relative } from 'node:path'
import type { FieldError } from '@holdfast/errors'
import { StorageRefused, StorageUnreachable } from '../errors.ts'
import type { KindDefinition } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import { networkMountOf } from './mounts.ts'
import { localStorage } from './storage.ts'

const path = {
  name: 'path',
  title: 'Path',
  type: 'text',
  example: '/backups/holdfast',
  pattern: /^\//,
  patternHint: 'must be an absolute path, for example /backups/holdfast',
} as const

export const local: KindDefinition = {
  kind: 'local',
  title: 'Folder of this machine',
  isInstanceOnly: true,
  fields: [
    {
      ...path,
      description:
        'Where objects are put, below a folder the operator allows (HOLDFAST_BACKUP_LOCAL_ROOTS). It is made when it is not there. Empty: the backups folder of the data directory.',
    },
  ],
  check: checkPath,
  async open(settings, surroundings) {
    const { root, below } = placeOf(settings, surroundings)
    if (root === surroundings.localBase) await mkdir(root, { recursive: true, mode: 0o700 })
    return localStorage({ kind: 'local', root, below, isMade: true, ready: async () => undefined })
  },
}

export const nfs: KindDefinition = {
  kind: 'nfs',
  title: 'Mounted network share',
  isInstanceOnly: true,
  fields: [
    {
      ...path,
      description:
        'The folder the share is mounted at, or one in it, below a folder the operator allows (HOLDFAST_BACKUP_LOCAL_ROOTS). It must be there.',
      isRequired: true,
    },
    {
      name: 'must_be_mounted',
      title: 'Must be mounted',
      description:
        'Refuse to put anything there while no network file system is mounted at the path: it would fill the disk of this machine.',
      type: 'boolean',
      default: true,
    },
  ],
  check: checkPath,
  async open(settings, surroundings) {
    const { root, below } = placeOf(settings, surroundings)
    const at = settings.text('path')
    const mustBeMounted = settings.flag('must_be_mounted')
    const ready = async (): Promise<void> => {
      if (!mustBeMounted) return
      const real = await realpath(at).catch((cause: unknown) => {
        throw StorageUnreachable({ why: `there is no ${at}` }, cause)
      })
      if (networkMountOf(real, await readFile('/proc/self/mountinfo', 'utf8')) === undefined)
        throw StorageUnreachable({ why: `no network file system is mounted at ${at}` })
    }
    return localStorage({ kind: 'nfs', root, below, isMade: false, ready })
  },
}

function checkPath(settings: Settings, surroundings: Surroundings): readonly FieldError[] {
  const given = settings.text('path')
  if (given === '') return []
  const refused = (detail: string) => [{ field: 'config.path', code: 'path_refused', detail }]
  if (normalize(given).replace(/(.)\/$/, '$1') !== given.replace(/(.)\/$/, '$1'))
    return refused('must be written plainly, without .. or //')
  if (rootOf(given, surroundings)) return []
  const roots = [surroundings.localBase, ...surroundings.localRoots].join(', ')
  return refused(
    `must lie below a folder the operator allows (HOLDFAST_BACKUP_LOCAL_ROOTS): ${roots}`,
  )
}

function placeOf(settings: Settings, surroundings: Surroundings) {
  const given = settings.text('path') || surroundings.localBase
  const root = rootOf(given, surroundings)
  if (root === undefined) throw StorageRefused({ why: `${given} lies below no allowed folder` })
  const rest = relative(root, given)
  return { root, below: rest === '' ? [] : rest.split('/') }
}

/** The innermost allowed folder the path lies in. What is between must be no links: storage.ts follows none. */
function rootOf(given: string, { localBase, localRoots }: Surroundings): string | undefined {
  return [localBase, ...localRoots]
    .filter((root) => isAbsolute(root))
    .filter((root) => {
      const rest = relative(root, given)
      return rest === '' || (rest !== '..' && !rest.startsWith('../'))
    })
    .toSorted((a, b) => b.length - a.length)[0]
}
