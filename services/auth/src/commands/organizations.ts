import { idFrom, type OrganizationId, type SiteId } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { OrganizationNotFound, SiteNotFound } from '../domain/errors.ts'
import { organizations, sites } from './aggregates.ts'
import type { OneAtATime } from './one-at-a-time.ts'

export interface Described {
  readonly name: string
  readonly description: string
}

export interface DescribedChange {
  readonly name: string | undefined
  readonly description: string | undefined
}

interface Stored<Id> {
  readonly id: Id
  readonly sequence: bigint
}

export interface OrganizationCommands {
  createOrganization(wish: Described, context: CommandContext): Promise<Stored<OrganizationId>>
  updateOrganization(
    id: OrganizationId,
    change: DescribedChange,
    context: CommandContext,
  ): Promise<Stored<OrganizationId>>
  deleteOrganization(id: OrganizationId, context: CommandContext): Promise<bigint>
  createSite(
    wish: Described & { readonly organizationId: OrganizationId },
    context: CommandContext,
  ): Promise<Stored<SiteId>>
  updateSite(id: SiteId, change: DescribedChange, context: CommandContext): Promise<Stored<SiteId>>
  deleteSite(id: SiteId, context: CommandContext): Promise<bigint>
  /** Whose site it is. Throws `auth.site_not_found`. */
  organizationOf(id: SiteId, signal?: AbortSignal): Promise<OrganizationId>
}

/** What must be gone before an organization is. */
export interface OrganizationContents {
  readonly sites: number
  /** Nodes whose identity was issued and not withdrawn. */
  readonly nodes: number
}

/** The lock that holds what is in an organization still: see `organizationCommands`. */
export const lockOf = (id: OrganizationId): string => `organization ${id}`

export interface OrganizationParts {
  readonly log: EventLog
  /** Up to date with the log. */
  readonly countContents: (
    id: OrganizationId,
    signal?: AbortSignal,
  ) => Promise<OrganizationContents>
  readonly locks: OneAtATime
}

/**
 * Organizations and sites. That an organization with sites or nodes stays is a rule across aggregates:
 * creating a site, issuing a node's identity (commands/enrolments.ts) and deleting the organization hold one
 * lock, so within a process it cannot fail. With several instances one may be created in the moment its
 * organization is deleted; nobody but a super-admin can see it then.
 */
export function organizationCommands(parts: OrganizationParts): OrganizationCommands {
  const { log, countContents, locks } = parts

  return {
    async createOrganization({ name, description }, context) {
      const id = idFrom<OrganizationId>(context.commandId, 'organization')
      const { sequence } = await log.execute(
        organizations,
        id,
        { type: 'CreateOrganization', id, name, description },
        { ...context, organizationId: id },
      )
      return { id, sequence }
    },

    async updateOrganization(id, change, context) {
      const { sequence } = await log.execute(
        organizations,
        id,
        { type: 'UpdateOrganization', id, ...given(change) },
        context,
      )
      return { id, sequence }
    },

    deleteOrganization: (id, context) =>
      locks.run([lockOf(id)], async () => {
        const contents = await countContents(id, context.signal)
        const { sequence } = await log.execute(
          organizations,
          id,
          { type: 'DeleteOrganization', id, ...contents },
          context,
        )
        return sequence
      }),

    createSite: ({ organizationId, name, description }, context) =>
      locks.run([lockOf(organizationId)], async () => {
        const { state } = await log.fold(organizations, organizationId, context.signal)
        if (!state.exists) throw OrganizationNotFound({ organization: organizationId })
        const id = idFrom<SiteId>(context.commandId, 'site')
        const { sequence } = await log.execute(
          sites,
          id,
          { type: 'CreateSite', id, organizationId, name, description },
          context,
        )
        return { id, sequence }
      }),

    async updateSite(id, change, context) {
      const { sequence } = await log.execute(
        sites,
        id,
        { type: 'UpdateSite', id, ...given(change) },
        context,
      )
      return { id, sequence }
    },

    async deleteSite(id, context) {
      const { sequence } = await log.execute(sites, id, { type: 'DeleteSite', id }, context)
      return sequence
    },

    async organizationOf(id, signal) {
      const { organizationId } = (await log.fold(sites, id, signal)).state
      if (!organizationId) throw SiteNotFound({ site: id })
      return organizationId
    },
  }
}

const given = ({ name, description }: DescribedChange) => ({
  ...(name === undefined ? {} : { name }),
  ...(description === undefined ? {} : { description }),
})
