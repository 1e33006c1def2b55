import { generateKeyPairSync } from 'node:crypto'
import { nkeys } from 'nats'
import type { Api } from './api.ts'

/** What an agent sends to be enrolled, with keys nobody keeps. */
export function enrolmentRequest(token: string, hostname: string) {
  const enrolmentKey = generateKeyPairSync('x25519')
    .publicKey.export({ format: 'der', type: 'spki' })
    .subarray(-32)
  return {
    token,
    enrolment_key: enrolmentKey.toString('base64'),
    nats_public_key: nkeys.createUser().getPublicKey(),
    hostname,
    platform: 'linux',
  }
}

/** Registers a node whose agent never comes: enough to hang interfaces on. */
export async function enrollSilentNode(
  api: Api,
  name: string,
  organization?: string,
): Promise<string> {
  const { token } = await api.post<{ token: string }>('/nodes/enroll-tokens', {
    node_name: name,
    ...(organization ? { organization_id: organization } : {}),
  })
  const { node_id } = await api.post<{ node_id: string }>(
    '/nodes/enroll',
    enrolmentRequest(token, name),
  )
  return node_id
}
