import { isWithin } from '@holdfast/catalogue'
import { type Filter, parseFilter } from '@holdfast/filter'
import type { WebhookEvent, WebhookSettings } from '../domain/webhook.ts'
import type { Payload } from './payload.ts'

/** A webhook, as far as it matters for who is told what. */
export interface Listener {
  readonly id: string
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly settings: WebhookSettings
  readonly isSuspended: boolean
}

interface Prepared extends Listener {
  readonly filter: Filter | undefined
}

/** The webhooks there are at one moment of the log; moves along with it. */
export class Audience {
  readonly #listeners = new Map<string, Prepared>()

  constructor(listeners: readonly Listener[]) {
    for (const listener of listeners) this.#set(listener)
  }

  get size(): number {
    return this.#listeners.size
  }

  nameOf(id: string): string {
    return this.#listeners.get(id)?.settings.name ?? ''
  }

  /** Who is told of an event. `payload` is made only when somebody's filter, or interest, asks for it. */
  hearing(
    organizationId: string | undefined,
    code: string,
    payload: () => Payload,
  ): readonly Listener[] {
    const found: Listener[] = []
    for (const listener of this.#listeners.values()) {
      const { settings, filter } = listener
      if (!settings.isEnabled || listener.isSuspended) continue
      if (listener.organizationId !== '' && listener.organizationId !== organizationId) continue
      if (settings.actions.length > 0 && !isWithin(code, settings.actions)) continue
      if (filter && !filter.matches(payload())) continue
      found.push(listener)
    }
    return found
  }

  /** Takes in what the log says about a webhook. */
  apply(id: string, event: WebhookEvent): void {
    if (event.type === 'WebhookCreated') {
      const { organizationId, settings } = event
      this.#set({ id, organizationId, settings, isSuspended: false })
      return
    }
    const known = this.#listeners.get(id)
    if (!known) return
    if (event.type === 'WebhookDeleted') this.#listeners.delete(id)
    else if (event.type === 'WebhookUpdated') this.#set({ ...known, settings: event.settings })
    else if (event.type === 'WebhookSuspended') this.#set({ ...known, isSuspended: true })
    else if (event.type === 'WebhookResumed') this.#set({ ...known, isSuspended: false })
  }

  #set(listener: Listener): void {
    const { filter } = listener.settings
    // Only what can be read gets into the log; should the language ever lose a word, nothing passes (fail closed).
    this.#listeners.set(listener.id, {
      ...listener,
      filter: filter === '' ? undefined : readable(filter),
    })
  }
}

function readable(source: string): Filter {
  try {
    return parseFilter(source)
  } catch {
    return parseFilter('false')
  }
}
