import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { permitsNode } from '@holdfast/event-log/admin'
import { writeWhole } from './write-whole.ts'

const fileOf = (agentData: string): string => join(agentData, 'identity.json')

/** Whether the agent can do without the gateway. It writes its identity down before it uses it. */
export const isEnrolled = (agentData: string): boolean => existsSync(fileOf(agentData))

/** The answer to the enrolment as the agent keeps it. Throws what the file system and JSON throw. */
function read(agentData: string): ReadonlyMap<string, unknown> {
  const answer: unknown = JSON.parse(readFileSync(fileOf(agentData), 'utf8'))
  return new Map(Object.entries(typeof answer === 'object' && answer ? answer : {}))
}

/**
 * The node whose credentials are of a release in which nodes could do less; undefined when they are good, and
 * when the file cannot be understood, which is the agent's to say.
 */
export function outdatedNode(agentData: string): string | undefined {
  try {
    const identity = read(agentData)
    const text = (name: string): string => String(identity.get(name) ?? '')
    const nodeId = text('node_id')
    const organizationId = text('organization_id')
    const lineageId = text('lineage_id')
    return permitsNode(text('nats_user_jwt'), { nodeId, organizationId, lineageId })
      ? undefined
      : nodeId
  } catch {
    return undefined
  }
}

/** Puts new credentials into the identity. Only while the agent does not run. */
export function renewIdentity(agentData: string, natsUserJwt: string): void {
  const identity = { ...Object.fromEntries(read(agentData)), nats_user_jwt: natsUserJwt }
  writeWhole(fileOf(agentData), `${JSON.stringify(identity, undefined, 2)}\n`)
}
