import { isUuid, type NodeId } from '@holdfast/domain'
import { parsePage } from '@holdfast/postgres'
import type { Call } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  exists,
  missing,
  type NumberedRecord,
  type Outcome,
  oneNamed,
  promiseOf,
  promisesOf,
  refusal,
  stepContext,
  unchanged,
} from '@holdfast/snapshot'
import { nodes } from '../commands/aggregates.ts'
import { updateNode } from '../commands/change-nodes.ts'
import { node as nodeDecider } from '../domain/node.ts'
import { isSameSettings } from '../domain/settings.ts'
import { listNodes, type NodeView, nodesNamed } from '../queries/nodes.ts'
import { findSites, type SiteView } from '../queries/sites.ts'
import { maxPage, notEnrolled, type SnapshotParts } from './parts.ts'
import { type NodeWish, nodeFields, nodeRecord, readNode } from './records.ts'

const contributor = 'network.nodes'

/** Sites a page may name. */
interface Sites {
  /** Where all nodes go; undefined: to the sites of their names. */
  readonly target: SiteView | undefined
  readonly found: readonly SiteView[]
  readonly isTargetMissing: boolean
}

/** Nodes: what is said about them. A node itself comes by enrolling, so one that is not here is left out and said. */
export function nodesContributor(parts: SnapshotParts): Contributor {
  const { postgres, tools } = parts

  async function sitesFor(batch: Batch, wishes: readonly NodeWish[]): Promise<Sites> {
    const { organizationId, targetSiteId } = batch
    if (targetSiteId === '') {
      const names = wishes.map(({ site }) => site).filter((site) => site !== '')
      const found = await findSites(postgres, organizationId, { names })
      return { target: undefined, found, isTargetMissing: false }
    }
    const [target] = isUuid(targetSiteId)
      ? await findSites(postgres, organizationId, { ids: [targetSiteId] })
      : []
    return { target, found: [], isTargetMissing: target === undefined }
  }

  async function carryOut(
    index: number,
    wish: NodeWish,
    node: NodeView,
    siteId: string,
    batch: Batch,
    call: Call,
  ): Promise<Outcome> {
    const { name } = wish.settings
    const promise = promiseOf('node', name)
    if (!batch.overwritesExisting) return exists(name, promise)
    const { endpointHost, uplinks } = wish.settings
    const changes = { siteId, endpointHost, uplinks }
    if (isSameSettings({ ...node.settings, ...changes }, node.settings)) {
      return unchanged(name, promise)
    }
    try {
      if (batch.isDryRun) {
        const { state } = await tools.log.fold(nodes, node.id, call.signal)
        nodeDecider.decide({ type: 'UpdateNode', changes }, state)
      } else {
        const context = stepContext(call, batch, contributor, index, node.id)
        await updateNode(tools, node.id as NodeId, changes, context)
      }
      return { outcome: 'updated', name, promise }
    } catch (error) {
      return refusal(name, error)
    }
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'devices',
    after: ['auth.sites'],
    readsMajors: [],
    fields: nodeFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const { rows, nextCursor } = await listNodes(
        postgres,
        { organizations: [organizationId], at: sequence },
        parsePage(limit, cursor, maxPage),
        { organizationId, query: '' },
      )
      const ids = rows.map(({ settings }) => settings.siteId).filter(isUuid)
      const sites = new Map(
        (await findSites(postgres, organizationId, { ids }, sequence)).map(({ id, name }) => [
          id,
          name,
        ]),
      )
      const records = rows.map(({ settings }) =>
        nodeRecord(settings, sites.get(settings.siteId) ?? ''),
      )
      return { records, nextCursor, sequence }
    },

    async contribute(records: readonly NumberedRecord[], batch, call) {
      const reads = records.map(({ index, record }) => ({ index, read: readNode(record) }))
      const wishes = reads.flatMap(({ read }) => ('wish' in read ? [read.wish] : []))
      if (batch.organizationId === '') {
        return reads.map(({ read }) =>
          'wish' in read ? notEnrolled(read.name, read.name) : read.outcome,
        )
      }
      await parts.caughtUp()
      const { organizationId } = batch
      const names = wishes.map(({ settings }) => settings.name)
      const known = await nodesNamed(postgres, organizationId, names)
      const sites = await sitesFor(batch, wishes)
      const promised = promisesOf(batch)

      const outcomes: Outcome[] = []
      for (const { index, read } of reads) {
        if (!('wish' in read)) {
          outcomes.push(read.outcome)
          continue
        }
        const { name, wish } = read
        const node = oneNamed(known, name, ({ settings }) => settings.name)
        if (!node) {
          outcomes.push(notEnrolled(name, name))
          continue
        }
        const site = sites.target ?? oneNamed(sites.found, wish.site, (one) => one.name)
        const isPromised = batch.isDryRun && promised.has(promiseOf('site', wish.site))
        if (sites.isTargetMissing) {
          outcomes.push(missing(name, 'the organization has no such target site'))
        } else if (!site && wish.site !== '' && !isPromised) {
          outcomes.push(missing(name, `there is no site ${wish.site}, or several of that name`))
        } else {
          outcomes.push(await carryOut(index, wish, node, site?.id ?? '', batch, call))
        }
      }
      return outcomes
    },
  }
}
