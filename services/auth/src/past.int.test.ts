import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthProcess, type Clients, startAuth } from './testing/auth-process.ts'
import { person, present, type SignedIn, seeded } from './testing/people.ts'

// What was shown at a moment is what `at` shows of it later.

const moments = 200
// Numbers of the proto enum.
const roles = [2, 3, 4, 5]

let auth: AuthProcess
let gateway: Clients
let admin: SignedIn & { organizationId: string }

beforeAll(async () => {
  auth = await startAuth()
  gateway = await auth.as('gateway')
  admin = await seeded(auth)
})
afterAll(() => auth.close())

/** Mulberry32: the same history for the same seed. */
function dice(state: number): () => number {
  let a = state
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function look(at?: bigint): Promise<unknown> {
  const options = at === undefined ? admin.me : { ...admin.me, at }
  const { users } = await gateway.users.listUsers({ limit: 200 }, options)
  const { organizations } = await gateway.organizations.listOrganizations({ limit: 200 }, options)
  const { sites } = await gateway.organizations.listSites({ limit: 200 }, options)
  return JSON.parse(JSON.stringify({ users, organizations, sites }))
}

test(`users, organizations and sites of ${moments} moments are what they were`, async () => {
  const roll = dice(20_261_121)
  const below = (n: number): number => Math.floor(roll() * n)
  const pick = <T>(items: readonly T[]): T => present(items[below(items.length)])
  const organizations = [admin.organizationId]
  const sites: string[] = []
  const people: string[] = []
  let made = 0
  const deeds: (() => Promise<unknown>)[] = [
    async () => {
      const name = `Organization ${++made}`
      const { organization } = await gateway.organizations.createOrganization({ name }, admin.me)
      organizations.push(present(organization?.id))
    },
    () =>
      gateway.organizations.updateOrganization(
        { id: pick(organizations), description: `number ${++made}` },
        admin.me,
      ),
    async () => {
      const wish = { name: `Site ${++made}`, organizationId: pick(organizations) }
      const { site } = await gateway.organizations.createSite(wish, admin.me)
      sites.push(present(site?.id))
    },
    async () => {
      const [id] = sites.splice(below(sites.length), 1)
      if (id !== undefined) await gateway.organizations.deleteSite({ id }, admin.me)
    },
    async () => {
      if (people.length >= 12) return // hashing a password takes its time
      const organizationId = pick(organizations)
      people.push((await person(auth, admin.me, [{ role: pick(roles), organizationId }])).id)
    },
    async () => {
      if (people.length === 0) return
      const binding = { role: pick(roles), organizationId: pick(organizations) }
      await gateway.users.grantRole({ userId: pick(people), binding }, admin.me)
    },
    async () => {
      if (people.length === 0) return
      const isDisabled = roll() < 0.5
      await gateway.users.setUserDisabled({ userId: pick(people), isDisabled }, admin.me)
    },
  ]
  const log = await auth.nats.open('network')
  const seen: { readonly at: bigint; readonly shown: unknown }[] = []
  while (seen.length < moments) {
    await pick(deeds)()
    const at = await log.head()
    const { users } = gateway
    // Waits until the lists include everything.
    await users.listUsers({}, { ...admin.me, minSequence: at })
    seen.push({ at, shown: await look() })
  }
  await log.close()
  for (const { at, shown } of seen) expect(await look(at)).toEqual(shown)
}, 240_000)
