import { join } from 'node:path'
import { isUuid } from '@holdfast/domain'
import { readIfThere, writeDurably } from '../state/durable-file.ts'
import type { AgentKeys } from './agent-keys.ts'
import { credentials } from './nkey.ts'

/** Who this node is, and which log it obeys. */
export interface Identity {
  readonly nodeId: string
  readonly organizationId: string
  readonly nodeName: string
  readonly natsUserJwt: string
  /** host:port */
  readonly natsServers: readonly string[]
  /** PEM; empty when the servers speak no TLS. */
  readonly caCertificate: string
  readonly lineageId: string
  readonly generation: number
  /** The first key of the log, to be pinned; empty when enrolment could not tell. */
  readonly logVerifierKey: string
}

export interface IdentityFiles {
  readonly credentialsFile: string
  readonly caFile: string | undefined
}

const fileOf = (dataFolder: string): string => join(dataFolder, 'identity.json')

export async function loadIdentity(dataFolder: string): Promise<Identity | undefined> {
  const content = await readIfThere(fileOf(dataFolder))
  return content && parseIdentity(JSON.parse(content.toString()))
}

/** Saves the answer as it came; the pinned lineage and generation stand in it. */
export async function saveIdentity(dataFolder: string, answer: unknown): Promise<Identity> {
  const identity = parseIdentity(answer)
  await writeDurably(fileOf(dataFolder), `${JSON.stringify(answer, undefined, 2)}\n`)
  return identity
}

/** Writes what the NATS client reads: credentials, and the CA when there is one. */
export async function writeIdentityFiles(
  dataFolder: string,
  identity: Identity,
  keys: AgentKeys,
): Promise<IdentityFiles> {
  const credentialsFile = join(dataFolder, 'nats.creds')
  await writeDurably(credentialsFile, credentials(identity.natsUserJwt, keys.nats.seed))
  if (identity.caCertificate === '') return { credentialsFile, caFile: undefined }
  const caFile = join(dataFolder, 'nats-ca.pem')
  await writeDurably(caFile, identity.caCertificate)
  return { credentialsFile, caFile }
}

/** Throws an Error that names the field. */
function parseIdentity(value: unknown): Identity {
  const fields = new Map(Object.entries(typeof value === 'object' && value ? value : {}))
  const text = (name: string, isGood: (text: string) => boolean): string => {
    const field = fields.get(name)
    if (typeof field === 'string' && isGood(field)) return field
    throw new Error(`the answer to the enrolment has no usable ${name}`)
  }
  const anything = (): boolean => true
  const something = (given: string): boolean => given !== ''
  const servers: unknown = fields.get('nats_servers')
  const generation: unknown = fields.get('generation')
  const areServers =
    Array.isArray(servers) &&
    servers.length > 0 &&
    servers.every((each) => typeof each === 'string')
  if (!areServers) throw new Error('the answer to the enrolment has no usable nats_servers')
  if (typeof generation !== 'number' || !Number.isInteger(generation) || generation < 1) {
    throw new Error('the answer to the enrolment has no usable generation')
  }
  return {
    nodeId: text('node_id', isUuid),
    organizationId: text('organization_id', isUuid),
    nodeName: text('node_name', something),
    natsUserJwt: text('nats_user_jwt', something),
    natsServers: servers,
    caCertificate: fields.has('ca_certificate') ? text('ca_certificate', anything) : '',
    lineageId: text('lineage_id', isUuid),
    generation,
    logVerifierKey: fields.has('log_verifier_key') ? text('log_verifier_key', anything) : '',
  }
}
