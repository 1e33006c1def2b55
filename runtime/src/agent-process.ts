import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { isEnrolled, outdatedNode, renewIdentity } from './local-identity.ts'
import { type NodeProcess, nodeProcess } from './node-process.ts'
import type { Launch, ProcessSpec } from './supervised-process.ts'
import { writeWhole } from './write-whole.ts'

export interface LocalEnrolment {
  /** Of the gateway. */
  readonly url: string
  readonly agentData: string
  enrolmentToken(): Promise<string>
  /** Fresh credentials for the node that is enrolled here. */
  renewed(nodeId: string): Promise<string>
}

/**
 * This machine's agent. Until it has an identity each start gives it a fresh enrolment token; one of an earlier
 * release gets credentials with what nodes may do by now.
 */
export function agentProcess(agent: NodeProcess, enrolment: LocalEnrolment): ProcessSpec {
  const tokenFile = join(enrolment.agentData, 'enrolment.token')
  return {
    name: agent.name,
    endSignal: 'SIGTERM',
    async launch(how) {
      if (isEnrolled(enrolment.agentData)) {
        await renew(enrolment, how)
        return nodeProcess(agent).launch(how)
      }
      writeWhole(tokenFile, await enrolment.enrolmentToken())
      try {
        const env = {
          ...agent.env,
          HOLDFAST_AGENT_ENROLL_URL: enrolment.url,
          HOLDFAST_AGENT_ENROLL_TOKEN_FILE: tokenFile,
        }
        return await nodeProcess({ ...agent, env }).launch(how)
      } finally {
        rmSync(tokenFile, { force: true })
      }
    },
  }
}

/** Failing that, the agent goes on with what it has: it enforces what is saved, and says what it may not read. */
async function renew(enrolment: LocalEnrolment, { onLine }: Launch): Promise<void> {
  const { agentData } = enrolment
  const nodeId = outdatedNode(agentData)
  if (nodeId === undefined) return
  try {
    renewIdentity(agentData, await enrolment.renewed(nodeId))
  } catch (error) {
    onLine(`the node's credentials cannot be renewed: ${String(error)}`)
  }
}
