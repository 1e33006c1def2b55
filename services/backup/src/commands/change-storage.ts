import { idFrom } from '@holdfast/domain'
import type { CommandContext, EventLog, Outcome } from '@holdfast/event-log'
import { type NameClaim, type Secrets, withoutRevision } from '@holdfast/service'
import { StorageNameTaken } from '../domain/storage-errors.ts'
import type {
  Credentials,
  StorageLocationEvent,
  StorageLocationSettings,
  StorageLocationState,
} from '../domain/storage-location.ts'
import { builtinName } from '../queries/storage-locations.ts'
import { canonicalObject, type JsonObject } from '../storage/json-object.ts'
import { nameHolders } from './names.ts'
import { storageLocations } from './storage-aggregates.ts'

export interface StorageTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history'>
  readonly secrets: Secrets<'credentials'>
  /** ms since 1970. */
  readonly now: () => number
}
type StorageNames = Pick<StorageTools, 'log' | 'now'>

type StorageOutcome = Outcome<StorageLocationState, StorageLocationEvent>

export const storageClaim = (
  organizationId: string,
  name: string,
  holderId: string,
): NameClaim<'storage_location'> => ({ kind: 'storage_location', organizationId, name, holderId })

const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** The name first, then the location: whoever has it need not ask the others (docs/adr/0021). */
export async function holdStorageName(
  tools: StorageNames,
  claim: NameClaim<'storage_location'>,
  context: CommandContext,
): Promise<void> {
  const { name } = claim
  if (isSameName(name, builtinName)) throw StorageNameTaken({ name })
  const usesName = async (holderId: string) => {
    const { state } = await tools.log.fold(storageLocations, holderId, context.signal)
    return state.exists && !state.isDeleted && isSameName(state.settings.name, name)
  }
  if (!(await nameHolders.claim(tools, claim, usesName, context))) throw StorageNameTaken({ name })
}

export async function createStorageLocation(
  tools: StorageTools,
  organizationId: string,
  settings: StorageLocationSettings,
  secrets: JsonObject,
  context: CommandContext,
): Promise<{ readonly id: string; readonly outcome: StorageOutcome }> {
  const id = idFrom<string>(context.commandId, 'storage_location')
  await holdStorageName(tools, storageClaim(organizationId, settings.name, id), context)
  const credentials = await sealedCredentials(tools, organizationId, id, secrets)
  const outcome = await tools.log.execute(
    storageLocations,
    id,
    { type: 'CreateStorageLocation', id, organizationId, settings, credentials },
    context,
  )
  return { id, outcome }
}

/** `secrets`: all of them as they are to be; undefined: they stay. */
export async function updateStorageLocation(
  tools: StorageTools,
  id: string,
  before: StorageLocationState,
  changes: Partial<Omit<StorageLocationSettings, 'kind'>>,
  secrets: JsonObject | undefined,
  context: CommandContext,
): Promise<StorageOutcome> {
  const { organizationId } = before
  const oldName = before.settings.name
  const { name } = changes
  const isRenamed = name !== undefined && !isSameName(name, oldName)
  if (isRenamed) await holdStorageName(tools, storageClaim(organizationId, name, id), context)
  const credentials = secrets && (await sealedCredentials(tools, organizationId, id, secrets, true))
  const outcome = await tools.log.execute(
    storageLocations,
    id,
    { type: 'UpdateStorageLocation', id, changes, credentials, ...expected(context) },
    withoutRevision(context),
  )
  if (isRenamed)
    await nameHolders.release(tools, storageClaim(organizationId, oldName, id), context)
  return outcome
}

export async function deleteStorageLocation(
  tools: StorageTools,
  id: string,
  { organizationId, settings }: StorageLocationState,
  context: CommandContext,
): Promise<StorageOutcome> {
  const { name } = settings // the state is the living one
  const outcome = await tools.log.execute(
    storageLocations,
    id,
    { type: 'DeleteStorageLocation', id, ...expected(context) },
    withoutRevision(context),
  )
  await nameHolders.release(tools, storageClaim(organizationId, name, id), context)
  return outcome
}

const expected = ({ expectedRevision }: CommandContext) =>
  expectedRevision === undefined ? {} : { expectedRevision }

/** `always`: none are sealed too, which takes back those before. */
async function sealedCredentials(
  { secrets }: StorageTools,
  organizationId: string,
  id: string,
  values: JsonObject,
  always = false,
): Promise<Credentials | undefined> {
  const text = canonicalObject(values)
  const fields = Object.keys(JSON.parse(text) as JsonObject)
  if (fields.length === 0 && !always) return undefined
  const [sealed] = await secrets.seal(organizationId, id, 'credentials', [text])
  if (!sealed) throw new Error('nothing was sealed')
  return { sealed, fields }
}
