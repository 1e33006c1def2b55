import { assertNever, type Decider, type OrganizationId } from '@holdfast/domain'
import { OrganizationExists, OrganizationNotEmpty, OrganizationNotFound } from './errors.ts'

export type OrganizationCommand =
  | {
      readonly type: 'CreateOrganization'
      readonly id: OrganizationId
      readonly name: string
      readonly description: string
    }
  | {
      readonly type: 'UpdateOrganization'
      readonly id: OrganizationId
      readonly name?: string
      readonly description?: string
    }
  /** `sites` and `nodes` are counted while the organization is held: see commands/organizations.ts. */
  | {
      readonly type: 'DeleteOrganization'
      readonly id: OrganizationId
      readonly sites: number
      readonly nodes: number
    }

export type OrganizationEvent =
  | { readonly type: 'OrganizationCreated'; readonly name: string; readonly description: string }
  | { readonly type: 'OrganizationUpdated'; readonly name: string; readonly description: string }
  | { readonly type: 'OrganizationDeleted' }

/** A tenant. Everything that is not instance-wide belongs to exactly one. */
export interface Organization {
  exists: boolean
  isDeleted: boolean
  name: string
  description: string
}

export const organization: Decider<OrganizationCommand, OrganizationEvent, Organization> = {
  initial: () => ({ exists: false, isDeleted: false, name: '', description: '' }),

  decide(command, state) {
    if (command.type === 'CreateOrganization') {
      if (state.exists || state.isDeleted) throw OrganizationExists({ id: command.id })
      const { name, description } = command
      return [{ type: 'OrganizationCreated', name, description }]
    }
    if (command.type === 'DeleteOrganization' && state.isDeleted) return [] // twice is one fact
    if (!state.exists) throw OrganizationNotFound({ organization: command.id })

    switch (command.type) {
      case 'UpdateOrganization': {
        const { name = state.name, description = state.description } = command
        if (name === state.name && description === state.description) return []
        return [{ type: 'OrganizationUpdated', name, description }]
      }
      case 'DeleteOrganization':
        if (command.sites > 0 || command.nodes > 0) {
          throw OrganizationNotEmpty({ sites: command.sites, nodes: command.nodes })
        }
        return [{ type: 'OrganizationDeleted' }]
      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'OrganizationCreated': // again, too, when a restore brings it back
        state.exists = true
        state.isDeleted = false
        state.name = event.name
        state.description = event.description
        return state
      case 'OrganizationUpdated':
        state.name = event.name
        state.description = event.description
        return state
      case 'OrganizationDeleted':
        state.exists = false
        state.isDeleted = true
        return state
      default:
        return assertNever(event)
    }
  },
}
