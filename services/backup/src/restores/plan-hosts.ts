import type { NodeService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import type { PlanReach } from './plan-store.ts'

export interface PlanHost {
  readonly nodeId: string
  readonly name: string
  readonly changes: number
}

/** Of more hosts the first by name are told. */
const maxHosts = 1_000
const pageSize = 200

/** Hosts whose configuration a plan changes, as far as the caller may see nodes. */
export async function planHosts(
  nodes: Pick<Client<typeof NodeService>, 'listNodes'>,
  reach: PlanReach,
  accessToken: string | undefined,
  signal: AbortSignal,
): Promise<readonly PlanHost[]> {
  const wanted = new Map(Object.entries(reach.nodes))
  const organizations = new Map(Object.entries(reach.organizations))
  const hosts: PlanHost[] = []
  const isAsked = wanted.size > 0 || organizations.size > 0
  if (isAsked && accessToken !== undefined) {
    for (let cursor = ''; hosts.length < maxHosts; ) {
      const page = await nodes.listNodes({ limit: pageSize, cursor }, { accessToken, signal })
      for (const { id = '', name = '', organizationId = '' } of page.nodes) {
        const changes = (wanted.get(id ?? '') ?? 0) + (organizations.get(organizationId ?? '') ?? 0)
        wanted.delete(id ?? '')
        if (changes > 0) hosts.push({ nodeId: id ?? '', name: name ?? '', changes })
      }
      cursor = page.nextCursor
      if (cursor === '') break
    }
  }
  // Nodes that are gone, or not to be seen.
  for (const [nodeId, changes] of wanted) hosts.push({ nodeId, name: '', changes })
  return hosts.slice(0, maxHosts)
}
