import { EgressFailed } from '@holdfast/egress'
import type { FieldError } from '@holdfast/errors'
import { checkSettings, type KindDefinition, kindNamed, type Surroundings } from '@holdfast/storage'
import type { JsonObject } from './json-object.ts'

/** How long a name may take to resolve before it is taken as it is. */
const resolveWaitMs = 2_000

/** What says neither to whom the secrets are shown nor how that one is known: these may change without giving them again. */
const harmlessFields: ReadonlySet<string> = new Set([
  ...['path', 'prefix', 'folder_id', 'bucket', 'path_style', 'region'],
  ...['storage_class', 'server_side_encryption', 'kms_key_id', 'must_be_mounted'],
])

/**
 * What is wrong with a location's fields: each by itself, together, and the addresses its hosts have now. They are judged
 * again at every connection (ADR 0027); here it is told to whoever types it.
 */
export async function judgeSettings(
  kind: string,
  config: JsonObject,
  credentials: JsonObject,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<readonly FieldError[]> {
  const errors = checkSettings(kind, config, credentials, surroundings)
  const definition = kindNamed(kind)
  if (errors.length > 0 || !definition) return errors
  const found: FieldError[] = []
  for (const { field, host, isPlain } of hostsIn(config)) {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(resolveWaitMs)])
    try {
      await surroundings.connector.resolve(host, { isPlain, signal: patience })
    } catch (error) {
      signal.throwIfAborted()
      // A name that is not known now may be known later; an address that is refused stays so.
      if (error instanceof EgressFailed && error.failure === 'refused')
        found.push({ field, code: 'address_refused', detail: error.message })
    }
  }
  return found
}

/** Hosts of a location, whatever its kind calls them. Whether a connection is readable on the way the kind has judged. */
function hostsIn(config: JsonObject) {
  const found: { field: string; host: string; isPlain: boolean }[] = []
  for (const [name, value] of Object.entries(config)) {
    if (typeof value !== 'string' || value === '') continue
    if (name === 'host') found.push({ field: 'config.host', host: value, isPlain: false })
    if (!/^https?:\/\//i.test(value)) continue
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (!url) continue
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    found.push({ field: `config.${name}`, host, isPlain: url.protocol === 'http:' })
  }
  return found
}

/** Whether a change would show the secrets to somebody else, or to somebody less well known: then they are given again. */
export const changesAddress = (before: JsonObject, after: JsonObject): boolean =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].some(
    (name) => !harmlessFields.has(name) && before[name] !== after[name],
  )

/** On the control plane's own disks, or by programs on it: the super-admin's. */
const instanceKinds: ReadonlySet<string> = new Set(['local', 'nfs', 'rclone', 'rsync'])
/** Names a file of the control plane: as above. */
const instanceFields: ReadonlySet<string> = new Set(['private_key_path'])

type Marked = KindDefinition & { readonly isInstanceOnly?: boolean }

export const isInstanceKind = (kind: string): boolean => {
  const definition: Marked | undefined = kindNamed(kind)
  return definition?.isInstanceOnly ?? instanceKinds.has(kind)
}

export const instanceFieldsIn = (config: JsonObject): readonly string[] =>
  Object.keys(config).filter((name) => instanceFields.has(name) && config[name] !== null)
