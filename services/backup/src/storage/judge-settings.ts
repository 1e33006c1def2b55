import { EgressFailed } from '@holdfast/egress'
import type { FieldError } from '@holdfast/errors'
import { addressesOf, checkSettings, kindNamed, type Surroundings } from '@holdfast/storage'
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
  if (errors.length > 0) return errors
  const found: FieldError[] = []
  for (const { field, host, isPlain } of addressesOf(kind, config, credentials)) {
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

/** Whether a change would show the secrets to somebody else, or to somebody less well known: then they are given again. */
export const changesAddress = (before: JsonObject, after: JsonObject): boolean =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].some(
    (name) => !harmlessFields.has(name) && before[name] !== after[name],
  )

/** On the control plane's own disks, or by programs on it: the super-admin's. */
export const isInstanceKind = (kind: string): boolean => kindNamed(kind)?.isInstanceOnly === true

/** Fields that were given and name files of the control plane: as above. */
export const instanceFieldsIn = (kind: string, config: JsonObject): readonly string[] =>
  (kindNamed(kind)?.fields ?? [])
    .filter(({ name, isInstanceOnly }) => isInstanceOnly && (config[name] ?? null) !== null)
    .map(({ name }) => name)
