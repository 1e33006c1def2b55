import { isUuid } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { type Postgres, parsePage } from '@holdfast/postgres'
import type { holdfast, StorageService } from '@holdfast/proto'
import { type Call, Fields, type Handlers, type Permission, parseId } from '@holdfast/service'
import { openStorage, type Surroundings, storageKinds, testSteps } from '@holdfast/storage'
import {
  createStorageLocation,
  deleteStorageLocation,
  type StorageTools,
  updateStorageLocation,
} from '../commands/change-storage.ts'
import { storageLocations } from '../commands/storage-aggregates.ts'
import {
  StorageAmbiguous,
  StorageBuiltin,
  StorageInUse,
  StorageLocationNotFound,
  StorageTestRunning,
  StorageTestTimedOut,
} from '../domain/storage-errors.ts'
import type { StorageLocationState } from '../domain/storage-location.ts'
import { listStorageLocations, matchStorageLocations } from '../queries/storage-locations.ts'
import {
  beginStorageTest,
  endStorageTest,
  forgetStorageTest,
  storageTestsOf,
} from '../queries/storage-tests.ts'
import {
  canonicalObject,
  type JsonObject,
  merged,
  parsedObject,
  readObject,
} from '../storage/json-object.ts'
import {
  changesAddress,
  instanceFieldsIn,
  isInstanceKind,
  judgeSettings,
} from '../storage/judge-settings.ts'
import type { LocationAccess, Locations } from '../storage/locations.ts'
import { isSearchable, quoted, requireAt, scopeOf } from './scope.ts'
import {
  changedOpenSettings,
  checkContinuous,
  locationHidden,
  newOpenSettings,
} from './storage-fields.ts'
import { printKind, printLocation } from './storage-views.ts'

export interface StorageEdge {
  readonly tools: StorageTools
  readonly log: Pick<EventLog, 'fold' | 'lineageId'>
  readonly postgres: Postgres
  readonly locations: Pick<Locations, 'access'>
  readonly surroundings: Surroundings
  /** Waits until the read models include all this process knows of. */
  catchUp(): Promise<void>
  /** The same for all there is. */
  catchUpToHead(): Promise<void>
  /** What needs it; undefined when nothing does. */
  isUsed(id: string): Promise<string | undefined>
}

const view: Permission = 'backup.view'
const settle: Permission = 'backup.settings'
const maxPage = 200
/** Shorter than the gateway waits. */
const testMs = 25_000
/** A test that crashed bars the next one so long. */
const testTurnMs = testMs + 5_000

export function storageHandlers(edge: StorageEdge): Handlers<typeof StorageService> {
  const { tools, postgres, log, surroundings } = edge
  const { lineageId } = log
  const everywhere = { organizations: '*' } as const

  async function shown(id: string) {
    await edge.catchUp()
    const [found] = await matchStorageLocations(postgres, everywhere, lineageId, id)
    if (!found) throw StorageLocationNotFound({ location: id })
    return printLocation(found, (await storageTestsOf(postgres, [id])).get(id))
  }

  /** The location of a write, also one that is deleted: deleting twice is one fact. */
  async function owned(call: Call, id: string): Promise<StorageLocationState> {
    if (!isUuid(id)) throw locationHidden(id)
    if (id === lineageId) {
      requireAt(call, settle, '')
      throw StorageBuiltin({})
    }
    const { state } = await log.fold(storageLocations, id, call.signal)
    if (!state.exists) throw locationHidden(id)
    requireAt(call, settle, state.organizationId, () => locationHidden(id))
    return state
  }

  async function living(call: Call, id: string): Promise<StorageLocationState> {
    const state = await owned(call, id)
    if (state.isDeleted) throw locationHidden(id)
    return state
  }

  /** The kind's own fields, once those of every location are fine. */
  async function judge(
    organizationId: string,
    { kind, config, credentials }: LocationAccess,
    fields: Fields,
    signal: AbortSignal,
  ): Promise<void> {
    if (organizationId !== '') {
      const detail = 'is of the machine of the control plane: only a super-admin may use it'
      if (isInstanceKind(kind)) fields.add('kind', 'instance_only', `${kind} ${detail}`)
      for (const name of instanceFieldsIn(kind, config))
        fields.add(`config.${name}`, 'instance_only', detail)
    }
    fields.check()
    const errors = await judgeSettings(kind, config, credentials, surroundings, signal)
    for (const { field, code, detail } of errors) fields.add(field, code, detail)
    fields.check()
  }

  async function openedCredentials(id: string, state: StorageLocationState): Promise<JsonObject> {
    const { organizationId, credentials } = state
    if (!credentials) return {}
    const [text] = await tools.secrets.open(organizationId, id, 'credentials', [credentials])
    return text === undefined ? {} : parsedObject(text)
  }

  const context = (call: Call, organizationId: string) =>
    call.command(organizationId === '' ? undefined : organizationId)

  /** One at a time; whoever stands in the way for longer than a test takes has crashed. */
  async function test(id: string, access: LocationAccess, signal: AbortSignal) {
    if (!(await beginStorageTest(postgres, id, testTurnMs)))
      throw StorageTestRunning({ location: id })
    const limit = AbortSignal.timeout(testMs)
    let failure: string | undefined
    try {
      const { kind, config, credentials } = access
      const open = () => openStorage(kind, config, credentials, surroundings)
      const steps = await testSteps(open, AbortSignal.any([signal, limit]))
      failure = steps.find((step) => step.code !== undefined)?.failure ?? ''
      return { steps: [...steps], isGood: failure === '' }
    } catch (error) {
      if (!limit.aborted || signal.aborted) throw error
      const late = StorageTestTimedOut({ seconds: testMs / 1_000 })
      failure = late.message
      throw late
    } finally {
      await endStorageTest(postgres, id, failure)
    }
  }

  return {
    async listStorageKinds() {
      return { kinds: await Promise.all(storageKinds.map(printKind)) }
    },

    async createStorageLocation(request, call) {
      const { organizationId } = request
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      const m = settingsIn(request.settings)
      const open = newOpenSettings(m, fields)
      checkContinuous(open.isContinuous, organizationId, fields)
      // Whom it belongs to before anything is resolved for them.
      if (organizationId === '' || isUuid(organizationId)) requireAt(call, settle, organizationId)
      const config = merged({}, readObject(m.config, 'config'))
      const credentials = merged({}, readObject(request.credentials, 'credentials'))
      await judge(organizationId, { kind: m.kind, config, credentials }, fields, call.signal)
      const { id, outcome } = await createStorageLocation(
        tools,
        organizationId,
        { ...open, kind: m.kind, config: canonicalObject(config) },
        credentials,
        context(call, organizationId),
      )
      call.committed(outcome.sequence)
      return { location: await shown(id) }
    },

    async getStorageLocation({ location }, call) {
      const scope = scopeOf(call, view)
      const search = () => matchStorageLocations(postgres, scope, lineageId, location)
      let matches = isSearchable(location) ? await search() : []
      if (matches.length === 0 && isSearchable(location) && scope.at === undefined) {
        await edge.catchUpToHead()
        matches = await search()
      }
      if (matches.length > 1) {
        const list = matches.map(({ id, organizationId: of }) => `${of || 'instance'} (${id})`)
        throw StorageAmbiguous({ name: quoted(location), matches: list.join(', ') })
      }
      const [found] = matches
      if (!found) throw locationHidden(location)
      const tests = scope.at === undefined ? await storageTestsOf(postgres, [found.id]) : undefined
      return { location: printLocation(found, tests?.get(found.id)) }
    },

    async listStorageLocations(request, call) {
      const { organizationId, kind } = request
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      if (kind !== '' && !storageKinds.some((one) => one.kind === kind)) {
        const names = storageKinds.map((one) => one.kind).join(', ')
        fields.add('kind', 'choice_invalid', `must be one of ${names}`)
      }
      fields.check()
      if (organizationId !== '') call.caller.require(view, organizationId)
      const scope = scopeOf(call, view)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const filter = { organizationId, kind }
      const found = await listStorageLocations(postgres, scope, lineageId, filter, page)
      const ids = found.rows.map(({ id }) => id)
      const tests = scope.at === undefined ? await storageTestsOf(postgres, ids) : undefined
      return {
        locations: found.rows.map((row) => printLocation(row, tests?.get(row.id))),
        nextCursor: found.nextCursor,
      }
    },

    async updateStorageLocation(request, call) {
      const { id } = request
      const before = await living(call, id)
      const { organizationId, settings, revision } = before
      const fields = new Fields()
      const open = changedOpenSettings(request, fields)
      checkContinuous(open.isContinuous ?? false, organizationId, fields)
      const configBefore = parsedObject(settings.config)
      const configAfter = merged(configBefore, readObject(request.config, 'config'))
      const given = readObject(request.credentials, 'credentials')
      const config = canonicalObject(configAfter)
      const isOpened = config !== settings.config || Object.keys(given).length > 0
      let credentials: JsonObject | undefined
      if (isOpened) {
        if (changesAddress(configBefore, configAfter)) {
          for (const name of before.credentialFields) {
            if (name in given) continue
            const detail = 'must be given again: where it is sent changes'
            fields.add(`credentials.${name}`, 'required', detail)
          }
        }
        fields.check()
        const all = merged(await openedCredentials(id, before), given)
        const access = { kind: settings.kind, config: configAfter, credentials: all }
        await judge(organizationId, access, fields, call.signal)
        if (Object.keys(given).length > 0) credentials = all
      }
      fields.check()
      // Fields and secrets go together: what was merged into, and judged, is what is changed. Else old secrets could meet
      // an address somebody else has just set.
      const asked = context(call, organizationId)
      const outcome = await updateStorageLocation(
        tools,
        id,
        before,
        { ...open, ...(isOpened ? { config } : {}) },
        credentials,
        isOpened ? { expectedRevision: revision, ...asked } : asked,
      )
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      return { location: await shown(id) }
    },

    async deleteStorageLocation({ id }, call) {
      const before = await owned(call, id)
      if (!before.isDeleted) {
        await edge.catchUpToHead()
        const by = await edge.isUsed(id)
        if (by !== undefined) throw StorageInUse({ location: before.settings.name, by })
      }
      const command = context(call, before.organizationId)
      const outcome = await deleteStorageLocation(tools, id, before, command)
      if (outcome.events.length > 0) call.committed(outcome.sequence)
      await forgetStorageTest(postgres, id)
      return {}
    },

    async testStorageLocation({ id }, call) {
      if (id === lineageId) requireAt(call, settle, '', () => locationHidden(id))
      else {
        await living(call, id)
        await edge.catchUp()
      }
      return await test(id, await edge.locations.access(id), call.signal)
    },
  }
}

function settingsIn(m: holdfast.backup.v1.StorageLocationSettings.$Properties | null | undefined) {
  if (!m) throw invalid({ field: 'settings', code: 'required', detail: 'must not be empty' })
  // as: a decoded message has every field
  return m as holdfast.backup.v1.StorageLocationSettings
}
