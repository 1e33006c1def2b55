import { type DataKey, KeyDestroyed } from '@holdfast/crypto'
import { defineError } from '@holdfast/errors'
import { accessKeyKind, accessSources, openAccessSource } from '@holdfast/event-log'
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
  let known: { readonly keys: readonly DataKey[]; readonly untilUnixMs: number } | undefined
  let asking: Promise<readonly DataKey[] | undefined> | undefined

  async function ask(): Promise<readonly DataKey[] | undefined> {
    try {
      const wish = { ownerId: lineageId, kind: accessKeyKind }
      const answer = await keyService.getDataKeys(wish, { timeoutMs: 5_000 })
      const keys = answer.keys.map(({ id, key, isActive }) => ({
        id: id ?? '',
        key: key ?? new Uint8Array(),
        isActive: isActive === true,
      }))
      known = { keys, untilUnixMs: now() + freshMs }
      return keys
    } catch (error) {
      logger.warn({ err: error }, 'no keys for the sources in ACCESS')
      return undefined
    } finally {
      asking = undefined
    }
  }

  const keysNow = async (): Promise<readonly DataKey[] | undefined> => {
    if (known && now() < known.untilUnixMs) return known.keys
    asking ??= ask()
    return await asking
  }

  return {
    async tagOf(source) {
      const keys = await keysNow()
      if (!keys || keys.length === 0) throw SourcesUnreadable({})
      const sources = accessSources(lineageId)
      sources.useKeys(keys)
      return sources.keep(lineageId, source).tag
    },
    async open(sources) {
      if (sources.length === 0) return []
      const keys = await keysNow()
      if (!keys) return sources.map(() => '')
      return sources.map(({ recordId, sealed }) => {
        if (keys.length === 0) return erased
        try {
          return openAccessSource(keys, lineageId, recordId, sealed)
        } catch (error) {
          if (KeyDestroyed.is(error)) return erased
          logger.warn({ err: error, recordId }, 'a source in ACCESS cannot be opened')
          return ''
        }
      })
    },
  }
}
