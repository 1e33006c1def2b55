import { assertNever, type Decider, type OrganizationId, type SiteId } from '@holdfast/domain'
import { SiteExists, SiteNotFound } from './errors.ts'

export type SiteCommand =
  | {
      readonly type: 'CreateSite'
      readonly id: SiteId
      readonly organizationId: OrganizationId
      readonly name: string
      readonly description: string
    }
  | {
      readonly type: 'UpdateSite'
      readonly id: SiteId
      readonly name?: string
      readonly description?: string
    }
  | { readonly type: 'DeleteSite'; readonly id: SiteId }

export type SiteEvent =
  | {
      readonly type: 'SiteCreated'
      readonly organizationId: OrganizationId
      readonly name: string
      readonly description: string
    }
  | { readonly type: 'SiteUpdated'; readonly name: string; readonly description: string }
  | { readonly type: 'SiteDeleted' }

/** A place nodes stand at. It never moves to another organization. */
export interface Site {
  exists: boolean
  isDeleted: boolean
  organizationId: OrganizationId | undefined
  name: string
  description: string
}

export const site: Decider<SiteCommand, SiteEvent, Site> = {
  initial: () => ({
    exists: false,
    isDeleted: false,
    organizationId: undefined,
    name: '',
    description: '',
  }),

  decide(command, state) {
    if (command.type === 'CreateSite') {
      if (state.exists || state.isDeleted) throw SiteExists({ id: command.id })
      const { organizationId, name, description } = command
      return [{ type: 'SiteCreated', organizationId, name, description }]
    }
    if (command.type === 'DeleteSite' && state.isDeleted) return [] // twice is one fact
    if (!state.exists) throw SiteNotFound({ site: command.id })

    switch (command.type) {
      case 'UpdateSite': {
        const { name = state.name, description = state.description } = command
        if (name === state.name && description === state.description) return []
        return [{ type: 'SiteUpdated', name, description }]
      }
      case 'DeleteSite':
        return [{ type: 'SiteDeleted' }]
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'SiteCreated': // again, too, when a restore brings it back
        state.exists = true
        state.isDeleted = false
        state.organizationId = event.organizationId
        state.name = event.name
        state.description = event.description
        return state
      case 'SiteUpdated':
        state.name = event.name
        state.description = event.description
        return state
      case 'SiteDeleted':
        state.exists = false
        state.isDeleted = true
        return state
      default:
        return assertNever(event)
    }
  },
}
