import { type InterfaceId, isUuid, type NodeId, type OrganizationId } from '@holdfast/domain'
import { type Postgres, sql } from '@holdfast/postgres'

export type HomeKind = 'node' | 'interface' | 'peer'

/** The aggregate an id lives in, or lived in. Never changes, so it may be kept. */
export interface Home {
  readonly kind: HomeKind
  readonly organizationId: OrganizationId
  readonly nodeId: NodeId
  /** The interface's own id, or the peer's interface; undefined for a node. */
  readonly interfaceId: InterfaceId | undefined
}

export interface Homes {
  /** Whatever organization it is of: the caller of this is the one to ask for permission. */
  find(id: string, kind: HomeKind): Promise<Home | undefined>
  /** What this process has just made and the read model does not know yet. */
  remember(id: string, home: Home): void
}

const maxKept = 100_000

/** `catchUp` waits until the read model includes all this process knows of. */
export function openHomes(postgres: Postgres, catchUp: () => Promise<void>): Homes {
  const kept = new Map<string, Home>()

  function remember(id: string, home: Home): void {
    kept.set(id, home)
    if (kept.size > maxKept) {
      const oldest = kept.keys().next()
      if (!oldest.done) kept.delete(oldest.value)
    }
  }

  async function read(id: string): Promise<Home | undefined> {
    const [row] = await postgres.query<{
      kind: HomeKind
      organization_id: OrganizationId
      node_id: NodeId
      interface_id: InterfaceId | null
    }>(sql`
      select kind, organization_id, node_id, interface_id from network.homes where id = ${id}::uuid`)
    if (!row) return undefined
    const { kind, organization_id: organizationId, node_id: nodeId, interface_id } = row
    const home = { kind, organizationId, nodeId, interfaceId: interface_id ?? undefined }
    remember(id, home)
    return home
  }

  return {
    remember,
    async find(id, kind) {
      if (!isUuid(id)) return undefined
      let home = kept.get(id) ?? (await read(id))
      if (!home) {
        await catchUp()
        home = await read(id)
      }
      return home?.kind === kind ? home : undefined
    },
  }
}
