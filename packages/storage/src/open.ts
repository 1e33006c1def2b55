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
  return faultsOf(definition, config, credentials, surroundings)
}

function faultsOf(
  { fields, check }: KindDefinition,
  config: Values,
  credentials: Values,
  surroundings: Surroundings,
): readonly FieldError[] {
  const errors = checkFields(fields, config, credentials, secretNames)
  // Together they are only judged once each of them is fine.
  if (errors.length > 0 || !check) return errors
  return check(settingsOf(fields, config, credentials), surroundings)
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
  const definition = kindNamed(kind)
  if (!definition) throw invalid(...checkSettings(kind, config, credentials, surroundings))
  return await openKind(definition, config, credentials, surroundings)
}

/** The same of a definition at hand: tests have kinds with addresses of their own. */
export async function openKind(
  definition: KindDefinition,
  config: Values,
  credentials: Values,
  surroundings: Surroundings,
): Promise<Storage> {
  const errors = faultsOf(definition, config, credentials, surroundings)
  if (errors.length > 0) throw invalid(...errors)
  const { kind } = definition
  const why = await definition.unavailableBecause?.()
  if (why !== undefined) throw StorageKindUnavailable({ kind, why })
  const settings = settingsOf(definition.fields, config, credentials)
  return guarded(await definition.open(settings, surroundings), surroundings.timeouts)
}
