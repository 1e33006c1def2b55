import type { OrganizationId } from '@holdfast/domain'
import type { Postgres } from '@holdfast/postgres'
import { parsePage } from '@holdfast/postgres'
import type { OrganizationService } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import type { OrganizationCommands } from '../commands/organizations.ts'
import { OrganizationNotFound, SiteNotFound } from '../domain/errors.ts'
import { findOrganization, listOrganizations } from '../queries/organizations.ts'
import { findSite, listSites } from '../queries/sites.ts'
import {
  description,
  idOrName,
  ifGiven,
  name,
  optionalOrganizationId,
  organizationId,
  parseFields,
  query,
  siteId,
} from './parse.ts'
import { printOrganization, printSite } from './print.ts'
import { maxPage, organizationMeant, requireEverywhere, scopeOf } from './scope.ts'

export interface OrganizationHandlerParts {
  readonly postgres: Postgres
  readonly commands: OrganizationCommands
  /** Waits until the read models include the sequence. */
  readonly reached: (sequence: bigint, signal: AbortSignal) => Promise<void>
}

export function organizationHandlers(
  parts: OrganizationHandlerParts,
): Handlers<typeof OrganizationService> {
  const { postgres, commands, reached } = parts
  const all = { organizations: '*' } as const

  async function organizationView(id: OrganizationId, sequence: bigint, call: Call) {
    call.committed(sequence)
    await reached(sequence, call.signal)
    return { organization: printOrganization(await findOrganization(postgres, all, id)) }
  }

  async function siteView(id: string, sequence: bigint, call: Call) {
    call.committed(sequence)
    await reached(sequence, call.signal)
    return { site: printSite(await findSite(postgres, all, id, undefined)) }
  }

  return {
    async createOrganization(request, call) {
      requireEverywhere(call.caller, 'auth.organizations.create')
      const wish = parseFields({
        name: name(request.name),
        description: description(request.description),
      })
      const { id, sequence } = await commands.createOrganization(wish, call.command())
      return organizationView(id, sequence, call)
    },

    async getOrganization(request, call) {
      const { organization } = parseFields({ organization: idOrName(request.organization) })
      const scope = scopeOf(call, 'auth.organizations.read')
      return {
        organization: printOrganization(await findOrganization(postgres, scope, organization)),
      }
    },

    async listOrganizations(request, call) {
      const page = parsePage(request.limit, request.cursor, maxPage)
      const filter = parseFields({ query: query(request.query) })
      const scope = scopeOf(call, 'auth.organizations.read')
      const { rows, nextCursor } = await listOrganizations(postgres, scope, { ...page, ...filter })
      return { organizations: rows.map(printOrganization), nextCursor }
    },

    async updateOrganization(request, call) {
      const { id, ...change } = parseFields({
        id: organizationId(request.id),
        name: ifGiven(request.name, name),
        description: ifGiven(request.description, description),
      })
      call.caller.require('auth.organizations.write', id, () =>
        OrganizationNotFound({ organization: id }),
      )
      const { sequence } = await commands.updateOrganization(id, change, call.command(id))
      return organizationView(id, sequence, call)
    },

    async deleteOrganization(request, call) {
      requireEverywhere(call.caller, 'auth.organizations.delete')
      const { id } = parseFields({ id: organizationId(request.id) })
      call.committed(await commands.deleteOrganization(id, call.command(id)))
      return {}
    },

    async createSite(request, call) {
      const { organization_id, ...wish } = parseFields({
        organization_id: optionalOrganizationId(request.organizationId),
        name: name(request.name),
        description: description(request.description),
      })
      const where = await organizationMeant(postgres, call, 'auth.sites.write', organization_id)
      const { id, sequence } = await commands.createSite(
        { ...wish, organizationId: where },
        call.command(where),
      )
      return siteView(id, sequence, call)
    },

    async getSite(request, call) {
      const { site, organization_id } = parseFields({
        site: idOrName(request.site),
        organization_id: optionalOrganizationId(request.organizationId),
      })
      const scope = scopeOf(call, 'auth.sites.read')
      return { site: printSite(await findSite(postgres, scope, site, organization_id)) }
    },

    async listSites(request, call) {
      const page = parsePage(request.limit, request.cursor, maxPage)
      const filter = parseFields({
        organization_id: optionalOrganizationId(request.organizationId),
        query: query(request.query),
      })
      const { rows, nextCursor } = await listSites(postgres, scopeOf(call, 'auth.sites.read'), {
        ...page,
        organizationId: filter.organization_id,
        query: filter.query,
      })
      return { sites: rows.map(printSite), nextCursor }
    },

    async updateSite(request, call) {
      const { id, ...change } = parseFields({
        id: siteId(request.id),
        name: ifGiven(request.name, name),
        description: ifGiven(request.description, description),
      })
      const where = await commands.organizationOf(id, call.signal)
      call.caller.require('auth.sites.write', where, () => SiteNotFound({ site: id }))
      const { sequence } = await commands.updateSite(id, change, call.command(where))
      return siteView(id, sequence, call)
    },

    async deleteSite(request, call) {
      const { id } = parseFields({ id: siteId(request.id) })
      const where = await commands.organizationOf(id, call.signal)
      call.caller.require('auth.sites.write', where, () => SiteNotFound({ site: id }))
      call.committed(await commands.deleteSite(id, call.command(where)))
      return {}
    },
  }
}
