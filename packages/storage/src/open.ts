import { type FieldError, invalid } from '@holdfast/errors'
import { StorageKindUnavailable } from './errors.ts'
import { guarded } from './guard.ts'
import type { KindAddress, KindDefinition } from './kind.ts'
import { storageKinds } from './kinds.ts'
import { checkFields, isSecret, settingsOf, type Values } from './settings.ts'
import type { Surroundings } from './surroundings.ts'
import type { Storage } from './types.ts'

const secretNames: ReadonlySet<string> = new Set(
  storageKinds.flatMap(({ fields }) => fields.filter(isSecret).map(({ name }) => name)),
)

export const kindNamed = (kind: string): KindDefinition | undefined =>
  storageKinds.find((one) => one.kind === kind)

/** What is wrong with a location as somebody typed it; empty when nothing is. Asks no network. */
export function checkSettings(
  kind: string,
  config: Values,
  credentials: Values,
  surroundings: Surroundings,
): readonly FieldError[] {
  const definition = kindNamed(kind)
  if (!definition) {
    const names = storageKinds.map((one) => one.kind).join(', ')
    return [{ field: 'kind', code: 'choice_invalid', detail: `must be one of ${names}` }]
  }
  const errors = checkFields(definition.fields, config, credentials, secretNames)
  // Together they are only judged once each of them is fine.
  if (errors.length > 0 || !definition.check) return errors
  return definition.check(settingsOf(definition.fields, config, credentials), surroundings)
}

/** Whom a location of settings that are right connects to. */
export function addressesOf(
  kind: string,
  config: Values,
  credentials: Values,
): readonly KindAddress[] {
  const definition = kindNamed(kind)
  return definition?.addresses?.(settingsOf(definition.fields, config, credentials)) ?? []
}

/** Rejects with `invalid` for settings that are not right (any more), and storage errors. Close what it answers. */
export async function openStorage(
  kind: string,
  config: Values,
  credentials: Values,
  surroundings: Surroundings,
): Promise<Storage> {
  const errors = checkSettings(kind, config, credentials, surroundings)
  const definition = kindNamed(kind)
  if (errors.length > 0 || !definition) throw invalid(...errors)
  const why = await definition.unavailableBecause?.()
  if (why !== undefined) throw StorageKindUnavailable({ kind, why })
  const settings = settingsOf(definition.fields, config, credentials)
  return guarded(await definition.open(settings, surroundings), surroundings.timeouts)
}
