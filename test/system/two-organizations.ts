import { type Api, signIn } from './api.ts'
import { enrollSilentNode } from './enroll.ts'
import type { Suite } from './suite.ts'

export const everyRole = ['org_admin', 'operator', 'auditor', 'viewer'] as const
export type OrganizationRole = (typeof everyRole)[number]

/** One organization with one of everything, and a signed-in user of each role. */
export interface Tenant {
  readonly organization: string
  readonly site: string
  readonly node: string
  readonly interface: string
  readonly peer: string
  /** Id of the organization's operator. */
  readonly user: string
  readonly as: Readonly<Record<OrganizationRole, Api>>
}

const password = 'a password nobody guesses'

/** Names begin with the mark, so that every name exists in one organization only. */
async function createTenant(suite: Suite, admin: Api, mark: string, net: number): Promise<Tenant> {
  const make = async (path: string, body: unknown): Promise<string> =>
    (await admin.post<{ id: string }>(path, body)).id
  const organization = await make('/organizations', { name: `${mark}-organization` })
  const site = await make('/sites', { name: `${mark}-site`, organization_id: organization })
  const node = await enrollSilentNode(admin, `${mark}-node`, organization)
  const wg = await make('/interfaces', {
    name: `${mark}0`,
    node_id: node,
    addresses: [`10.${net}.0.1/24`],
    endpoint: 'vpn.example.org',
  })
  const peer = await make(`/interfaces/${wg}/peers`, { name: `${mark}-peer` })
  const users: [OrganizationRole, string, Api][] = []
  for (const role of everyRole) {
    const username = `${mark}.${role}`
    const id = await make('/users', {
      username,
      email: `${username}@example.org`,
      password,
      bindings: [{ role, organization_id: organization }],
    })
    users.push([role, id, await signIn(suite.url, username, password)])
  }
  const apiOf = (wanted: OrganizationRole): Api => {
    const found = users.find(([role]) => role === wanted)
    if (!found) throw new Error(`no ${wanted}`)
    return found[2]
  }
  return {
    organization,
    site,
    node,
    interface: wg,
    peer,
    user: users.find(([role]) => role === 'operator')?.[1] ?? '',
    as: {
      org_admin: apiOf('org_admin'),
      operator: apiOf('operator'),
      auditor: apiOf('auditor'),
      viewer: apiOf('viewer'),
    },
  }
}

/** Two organizations that must not know of each other: `aa-…` and `bb-…`. */
export async function createTwoOrganizations(
  suite: Suite,
  admin: Api,
): Promise<{ readonly a: Tenant; readonly b: Tenant }> {
  const a = await createTenant(suite, admin, 'aa', 61)
  return { a, b: await createTenant(suite, admin, 'bb', 62) }
}
