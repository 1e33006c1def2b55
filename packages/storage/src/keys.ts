import { randomBytes } from 'node:crypto'
import { StorageRefused } from './errors.ts'

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/
const maxKey = 512

/** Why a text is no key; undefined when it is one. Nothing a shell, a URL or a file system reads in its own way gets through. */
export function keyRefusal(key: string): string | undefined {
  if (key.length === 0) return 'a key must not be empty'
  if (key.length > maxKey) return `a key must have ${maxKey} characters at most`
  // A leading dash would be an option to programs that are given it.
  if (key.startsWith('-')) return 'a key must not begin with a dash'
  return key.split('/').every((part) => segment.test(part))
    ? undefined
    : 'a key is segments of letters, digits, dot, dash and underscore, none beginning with a dot, joined by /'
}

export function checkKey(key: string): void {
  const why = keyRefusal(key)
  if (why !== undefined) throw StorageRefused({ why })
}

/** The prefix as kinds get it: empty, or whole segments and a slash. `a/b` and `a/b/` are the same, and not `a/bc`. */
export function folderOf(prefix: string): string {
  const path = prefix.replace(/\/$/, '')
  if (path === '' && prefix === '') return ''
  checkKey(path)
  return `${path}/`
}

const temporary = /^\.holdfast-[0-9a-f]{16}\.part$/

/** Name of an object that is not whole yet, in the folder it will be in. No key can be one. */
export function temporaryFor(key: string): string {
  const folder = key.slice(0, key.lastIndexOf('/') + 1)
  return `${folder}.holdfast-${randomBytes(8).toString('hex')}.part`
}

/** Of the last segment. */
export const isTemporary = (name: string): boolean => temporary.test(name)

/** How old what is left of an upload must be before `sweep` takes it. */
export const leftoverAgeMs = 60 * 60_000
