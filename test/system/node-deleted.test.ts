import { connect, jwtAuthenticator, type NatsConnection, nkeys } from 'nats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { enrolmentRequest } from './enroll.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

interface Enrolment {
  readonly node_id: string
  readonly nats_user_jwt: string
  readonly ca_certificate: string
}

let suite: Suite
let api: Api

beforeAll(async () => {
  suite = await startSuite()
  api = await suite.admin()
})
afterAll(async () => suite?.remove())

async function enroll(name: string) {
  const { token } = await api.post<{ token: string }>('/nodes/enroll-tokens', { node_name: name })
  const key = nkeys.createUser()
  const enrolment = await api.post<Enrolment>('/nodes/enroll', {
    ...enrolmentRequest(token, name),
    nats_public_key: key.getPublicKey(),
  })
  /** As the agent does. */
  const join = (): Promise<NatsConnection> =>
    connect({
      servers: `tls://127.0.0.1:${suite.run().ports['agent_edge']}`,
      authenticator: jwtAuthenticator(enrolment.nats_user_jwt, key.getSeed()),
      tls: { ca: enrolment.ca_certificate },
      inboxPrefix: `_INBOX_${enrolment.node_id}`,
      reconnect: false,
    })
  return { id: enrolment.node_id, join }
}

const isRefused = async (join: () => Promise<NatsConnection>): Promise<boolean> => {
  try {
    await (await join()).close()
    return false
  } catch (error) {
    return error instanceof Error && /authorization/i.test(error.message)
  }
}

test('a deleted node is cut off and stays refused, after a restart too; the others stay', async () => {
  const [gone, staying] = [await enroll('gone'), await enroll('staying')]
  const [connection, other] = [await gone.join(), await staying.join()]
  const cut = connection.closed()

  await api.remove(`/nodes/${gone.id}`)
  await cut
  await until('the key is refused', () => isRefused(gone.join))
  expect(other.isClosed()).toBe(false)
  await other.close()
  // Twice is one withdrawal.
  await api.remove(`/nodes/${gone.id}`).catch(() => undefined)

  await suite.stop()
  await suite.start()
  expect(await isRefused(gone.join)).toBe(true)
  await (await staying.join()).close()
})

test('an organization stays while it has nodes, and goes when they have gone', async () => {
  api = await suite.admin()
  const { id } = await api.post<{ id: string }>('/organizations', { name: 'Fleeting' })
  const { token } = await api.post<{ token: string }>('/nodes/enroll-tokens', {
    organization_id: id,
  })
  const { node_id } = await api.post<Enrolment>('/nodes/enroll', enrolmentRequest(token, 'last'))
  await expect(api.remove(`/organizations/${id}`)).rejects.toMatchObject({
    status: 409,
    problem: { code: 'auth.organization_not_empty' },
  })
  await api.remove(`/nodes/${node_id}`)
  await api.remove(`/organizations/${id}`)
})
