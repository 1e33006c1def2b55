import { assertNever, type Decider } from '@holdfast/domain'
import { requireRevision } from './revision.ts'
import type { Sealed } from './sealed.ts'
import type { Severity } from './severity.ts'
import { WebhookExists, WebhookNotFound } from './webhook-errors.ts'

export const webhookFormats = ['standard', 'cloudevents'] as const
export type WebhookFormat = (typeof webhookFormats)[number]

export interface WebhookSettings {
  readonly name: string
  readonly url: string
  /** Action codes or their beginnings up to a dot; empty: everything. */
  readonly actions: readonly string[]
  /** A filter expression; empty: none. */
  readonly filter: string
  readonly isEnabled: boolean
  readonly description: string
  /** From which severity on alerts are delivered too; undefined: not. */
  readonly alertsFrom: Severity | undefined
  readonly format: WebhookFormat
}

export type WebhookCommand =
  | {
      readonly type: 'CreateWebhook'
      readonly id: string
      /** Empty: of the whole instance. */
      readonly organizationId: string
      readonly settings: WebhookSettings
      readonly secret: Sealed
    }
  | {
      readonly type: 'UpdateWebhook'
      readonly id: string
      readonly changes: Partial<WebhookSettings>
      readonly expectedRevision?: bigint
    }
  | {
      readonly type: 'RotateSecret'
      readonly id: string
      readonly secret: Sealed
      readonly oldUntilUnixMs: number
      readonly expectedRevision?: bigint
    }
  | { readonly type: 'Suspend'; readonly id: string; readonly cause: string }
  | { readonly type: 'DeleteWebhook'; readonly id: string; readonly expectedRevision?: bigint }

export type WebhookEvent =
  | {
      readonly type: 'WebhookCreated'
      readonly organizationId: string
      readonly settings: WebhookSettings
      readonly secret: Sealed
    }
  | { readonly type: 'WebhookUpdated'; readonly settings: WebhookSettings }
  | {
      readonly type: 'WebhookSecretRotated'
      readonly secret: Sealed
      readonly oldUntilUnixMs: number
      /** The one before; undefined in events that do not say. */
      readonly oldSecret: Sealed | undefined
    }
  | { readonly type: 'WebhookSuspended'; readonly cause: string }
  | { readonly type: 'WebhookResumed' }
  | { readonly type: 'WebhookDeleted' }

/** An endpoint of somebody else that is told of events. */
export interface WebhookState {
  exists: boolean
  isDeleted: boolean
  organizationId: string
  settings: WebhookSettings
  secret: Sealed | undefined
  /** Empty unless it was suspended. */
  suspendedBecause: string
  /** Changes so far; what clients know as its revision. */
  revision: bigint
}

export const noSettings: WebhookSettings = {
  name: '',
  url: '',
  actions: [],
  filter: '',
  isEnabled: true,
  description: '',
  alertsFrom: undefined,
  format: 'standard',
}

export const webhook: Decider<WebhookCommand, WebhookEvent, WebhookState> = {
  initial: () => ({
    exists: false,
    isDeleted: false,
    organizationId: '',
    settings: noSettings,
    secret: undefined,
    suspendedBecause: '',
    revision: 0n,
  }),

  decide(command, state) {
    if (command.type === 'CreateWebhook') {
      if (state.exists) throw WebhookExists({ webhook: command.settings.name })
      const { organizationId, settings, secret } = command
      return [{ type: 'WebhookCreated', organizationId, settings, secret }]
    }
    if (command.type === 'DeleteWebhook' && state.isDeleted) return []
    if (!state.exists || state.isDeleted) throw WebhookNotFound({ webhook: command.id })

    switch (command.type) {
      case 'UpdateWebhook': {
        requireRevision(command.expectedRevision, state.revision)
        const settings = { ...state.settings, ...command.changes }
        const events: WebhookEvent[] = []
        if (!isSameSettings(settings, state.settings))
          events.push({ type: 'WebhookUpdated', settings })
        // Only who says so resumes it: a corrected description must not.
        if (command.changes.isEnabled === true && state.suspendedBecause !== '')
          events.push({ type: 'WebhookResumed' })
        return events
      }
      case 'RotateSecret': {
        requireRevision(command.expectedRevision, state.revision)
        const { secret, oldUntilUnixMs } = command
        return [{ type: 'WebhookSecretRotated', secret, oldUntilUnixMs, oldSecret: state.secret }]
      }
      case 'Suspend': // idempotent: what is off needs no suspension
        return state.suspendedBecause === '' && state.settings.isEnabled
          ? [{ type: 'WebhookSuspended', cause: command.cause }]
          : []
      case 'DeleteWebhook':
        requireRevision(command.expectedRevision, state.revision)
        return [{ type: 'WebhookDeleted' }]
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    state.revision++
    switch (event.type) {
      case 'WebhookCreated': // again, too, when a restore brings it back
        state.exists = true
        state.isDeleted = false
        state.suspendedBecause = ''
        state.revision = 1n // as the read model counts
        state.organizationId = event.organizationId
        state.settings = event.settings
        state.secret = event.secret
        return state
      case 'WebhookUpdated':
        state.settings = event.settings
        return state
      case 'WebhookSecretRotated':
        state.secret = event.secret
        return state
      case 'WebhookSuspended':
        state.suspendedBecause = event.cause
        return state
      case 'WebhookResumed':
        state.suspendedBecause = ''
        return state
      case 'WebhookDeleted':
        state.isDeleted = true
        return state
      default:
        return assertNever(event)
    }
  },
}

export const isSameSettings = (a: WebhookSettings, b: WebhookSettings): boolean =>
  // as: keys of an object of that type
  (Object.keys(a) as (keyof WebhookSettings)[]).every((key) =>
    key === 'actions' ? a.actions.join() === b.actions.join() : a[key] === b[key],
  )
