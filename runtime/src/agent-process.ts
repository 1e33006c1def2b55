import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type NodeProcess, nodeProcess } from './node-process.ts'
import type { ProcessSpec } from './supervised-process.ts'
import { writeWhole } from './write-whole.ts'

export interface LocalEnrolment {
  /** Of the gateway. */
  readonly url: string
  readonly agentData: string
  enrolmentToken(): Promise<string>
}

/** This machine's agent. Until it has an identity each start gives it a fresh enrolment token. */
export function agentProcess(agent: NodeProcess, enrolment: LocalEnrolment): ProcessSpec {
  const tokenFile = join(enrolment.agentData, 'enrolment.token')
  return {
    name: agent.name,
    endSignal: 'SIGTERM',
    async launch(how) {
      if (isEnrolled(enrolment.agentData)) return nodeProcess(agent).launch(how)
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

/** Whether it can do without the gateway. The agent writes its identity down before it uses it. */
export const isEnrolled = (agentData: string): boolean =>
  existsSync(join(agentData, 'identity.json'))
