import { idFrom, type OrganizationId, type SiteId } from '@holdfast/domain'
import { parsePage } from '@holdfast/postgres'
import type { Call } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  exists,
  inTurns,
  nameKey,
  type Outcome,
  oneNamed,
  promiseOf,
  stepContext,
  unchanged,
} from '@holdfast/snapshot'
import { organizations } from '../commands/aggregates.ts'
import { OrganizationNotFound } from '../domain/errors.ts'
import { listSites, sitesNamed } from '../queries/sites.ts'
import { maxPage, type SnapshotParts } from './parts.ts'
import { readSite, type SiteWish, siteFields, siteRecord } from './records.ts'

const contributor = 'auth.sites'

interface Existing {
  readonly id: string
  readonly name: string
  readonly description: string
}

/** Sites by their names. */
export function sitesContributor(parts: SnapshotParts): Contributor {
  const { postgres, log, sites } = parts

  async function carryOut(
    index: number,
    wish: SiteWish,
    known: Existing[],
    batch: Batch,
    call: Call,
  ): Promise<Outcome> {
    const { name, description } = wish
    const { isDryRun, importId } = batch
    const organizationId = batch.organizationId as OrganizationId // as: the caller's permission was asked there
    const promise = promiseOf('site', name)
    const created: Outcome = { outcome: 'created', name, promise }
    const commandId = commandIdOf(importId, contributor, organizationId, index)
    const id = idFrom<SiteId>(commandId, 'site')
    // This import has made it before.
    if (known.some((one) => one.id === id)) return created
    const alike = known.filter((one) => nameKey(one.name) === nameKey(name))
    const existing = oneNamed(alike, name, (one) => one.name)
    if (alike.length > 0 && (!existing || !batch.overwritesExisting)) return exists(name, promise)
    if (existing) {
      if (existing.description === description) return unchanged(name, promise)
      if (!isDryRun) {
        const context = stepContext(call, batch, contributor, index, `overwrite ${existing.id}`)
        const change = { name: undefined, description }
        await sites.updateSite(existing.id as SiteId, change, context) // as: a row's id
      }
      known.splice(known.indexOf(existing), 1, { ...existing, description })
      return { outcome: 'updated', name, promise }
    }
    if (!isDryRun) {
      const context = stepContext(call, batch, contributor, index)
      await sites.createSite({ organizationId, name, description }, context)
    }
    known.push({ id, name, description })
    return created
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'core',
    after: [],
    readsMajors: [],
    fields: siteFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const { rows, nextCursor } = await listSites(
        postgres,
        { organizations: [organizationId as OrganizationId], at: sequence }, // as: checked by backup
        {
          ...parsePage(limit, cursor, maxPage),
          organizationId,
          query: '',
        },
      )
      return { records: rows.map(siteRecord), nextCursor, sequence }
    },

    async contribute(records, batch, call) {
      const { organizationId, targetSiteId } = batch
      const reads = records.map(({ index, record }) => ({ index, read: readSite(record) }))
      if (targetSiteId !== '') {
        return reads.map(({ read }) => ('wish' in read ? mapped(read.name) : read.outcome))
      }
      let known: Existing[] = []
      if (organizationId !== '') {
        await parts.caughtUp()
        const { state } = await log.fold(organizations, organizationId, call.signal)
        if (!state.exists) throw OrganizationNotFound({ organization: organizationId })
        const names = reads.map(({ read }) => read.name)
        known = [...(await sitesNamed(postgres, organizationId, names))]
      }
      return await inTurns(
        reads,
        ({ name }) => [name],
        (index, wish) => carryOut(index, wish, known, batch, call),
      )
    },
  }
}

const mapped = (name: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'backup.site_mapped',
  detail: 'is left out, for all nodes go to the target site',
})
