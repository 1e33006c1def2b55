import { type DataKey, KeyDestroyed } from '@holdfast/crypto'
import { defineError } from '@holdfast/errors'
import {
  accessKeyKind,
  accessSourceKeyId,
  accessSources,
  openAccessSource,
} from '@holdfast/event-log'
import type { KeyService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import type { SealedSource } from '../queries/entries.ts'

export const SourcesUnreadable = defineError(
  'audit.sources_unreadable',
  'unavailable',
  () => 'the keys of source addresses cannot be had from auth right now; try again',
)

/** What sources are shown as when their key was destroyed. */
const erased = '[erased]'
const freshMs = 60_000
/** Owners whose keys are remembered. */
const maxKnown = 2_000

type Keys = readonly DataKey[]

/** Opens what is kept of sources, and says what one is compared by. */
export interface SourceDesk {
  /** What equal networks have in common. Throws audit.sources_unreadable. */
  tagOf(source: string): Promise<Uint8Array>
  /** Empty while the keys cannot be had. */
  open(sources: readonly SealedSource[]): Promise<readonly string[]>
}

/** Keys come from auth and are asked for again after a minute, so that a destroyed one is forgotten here too. */
export function sourceDesk(parts: {
  readonly keyService: Pick<Client<typeof KeyService>, 'getDataKeys'>
  readonly lineageId: string
  readonly logger: Logger
  /** ms since 1970. */
  readonly now: () => number
}): SourceDesk {
  const { keyService, lineageId, logger, now } = parts
  const known = new Map<string, { readonly keys: Keys; readonly untilUnixMs: number }>()
  const asking = new Map<string, Promise<Keys | undefined>>()
  /** When a key that nobody had was last asked for. */
  const missing = new Map<string, number>()

  async function ask(ownerId: string): Promise<Keys | undefined> {
    try {
      const wish = { ownerId, kind: accessKeyKind }
      const answer = await keyService.getDataKeys(wish, { timeoutMs: 5_000 })
      const keys = answer.keys.map(({ id, key, isActive }) => ({
        id: id ?? '',
        key: key ?? new Uint8Array(),
        isActive: isActive === true,
      }))
      return remember(ownerId, keys)
    } catch (error) {
      if (KeyDestroyed.is(error)) return remember(ownerId, [])
      logger.warn({ err: error }, 'no keys for the sources in ACCESS')
      return undefined
    } finally {
      asking.delete(ownerId)
    }
  }

  function remember(ownerId: string, keys: Keys): Keys {
    known.delete(ownerId)
    known.set(ownerId, { keys, untilUnixMs: now() + freshMs })
    for (const [oldest] of known) {
      if (known.size <= maxKnown) break
      known.delete(oldest)
    }
    return keys
  }

  /** None: they were destroyed. Undefined: nobody can tell now. */
  const keysOf = async (ownerId: string): Promise<Keys | undefined> => {
    const fresh = known.get(ownerId)
    if (fresh && now() < fresh.untilUnixMs) return fresh.keys
    const asked = asking.get(ownerId) ?? ask(ownerId)
    asking.set(ownerId, asked)
    return await asked
  }

  /** Asked for once more when that key is none of them: they may have been rotated since. */
  async function keysWith(ownerId: string, keyId: string): Promise<Keys | undefined> {
    const keys = await keysOf(ownerId)
    const isLacking = keys && keys.length > 0 && keys.every(({ id }) => id !== keyId)
    const askedFor = missing.get(keyId)
    if (!isLacking || (askedFor !== undefined && now() - askedFor < freshMs)) return keys
    missing.set(keyId, now())
    for (const [oldest] of missing) {
      if (missing.size <= maxKnown) break
      missing.delete(oldest)
    }
    const asked = asking.get(ownerId) ?? ask(ownerId)
    asking.set(ownerId, asked)
    return await asked
  }

  async function openOne(source: SealedSource, ofLineage: Keys | undefined): Promise<string> {
    const { recordId, sealed, userId } = source
    // Sealed with a key of its person, unless nobody was recognized.
    const keyId = accessSourceKeyId(sealed)
    const isPersons = userId !== undefined && ofLineage?.every(({ id }) => id !== keyId) !== false
    const keys = await keysWith(isPersons ? userId : lineageId, keyId)
    if (!keys) return ''
    if (keys.length === 0) return erased
    try {
      return openAccessSource(keys, isPersons ? userId : lineageId, recordId, sealed)
    } catch (error) {
      if (KeyDestroyed.is(error)) return erased
      logger.warn({ err: error, recordId }, 'a source in ACCESS cannot be opened')
      return ''
    }
  }

  return {
    async tagOf(source) {
      const keys = await keysOf(lineageId)
      if (!keys || keys.length === 0) throw SourcesUnreadable({})
      const sources = accessSources(lineageId)
      sources.useKeys(keys)
      return (await sources.keep(lineageId, source)).tag
    },
    async open(sources) {
      if (sources.length === 0) return []
      const ofLineage = await keysOf(lineageId)
      return await Promise.all(sources.map((source) => openOne(source, ofLineage)))
    },
  }
}
