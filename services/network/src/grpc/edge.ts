import type { DomainError } from '@holdfast/errors'
import type { Postgres } from '@holdfast/postgres'
import type { EnrolmentService } from '@holdfast/proto'
import type { Call, Client } from '@holdfast/service'
import type { CommandTools } from '../commands/command-tools.ts'
import type { Homes } from '../queries/homes.ts'
import type { InterfaceView, InterfaceWish } from '../queries/interfaces.ts'
import type { StatusBoard } from '../status/status-board.ts'

/** What an enrolled agent is told of where to connect. */
export interface AgentDoor {
  readonly natsServers: readonly string[]
  /** PEM; empty when the servers need none. */
  readonly caCertificate: string
  readonly lineageId: string
  readonly generation: number
}

/** What the handlers work with. */
export interface Edge {
  readonly tools: CommandTools
  readonly postgres: Postgres
  readonly homes: Homes
  readonly matchInterfaces: (wish: InterfaceWish) => Promise<readonly InterfaceView[]>
  readonly board: StatusBoard
  /** Writes the board's pending figures down, for queries by status. */
  flushStatus(): Promise<void>
  /** Waits until the read models include all this process knows of. */
  catchUp(): Promise<void>
  readonly enrolment: Pick<Client<typeof EnrolmentService>, 'redeemEnrolmentToken' | 'revokeNode'>
  readonly door: AgentDoor
  /** The key a new agent pins as a witness of the log; empty when nobody can tell now. */
  logVerifierKey(): Promise<string>
  /** The node an omitted one means, when there are several. */
  readonly localNodeId: string | undefined
}

/** What hosts say, for what is shown of the present; nothing keeps what they said before. */
export const boardOf = ({ board }: Edge, { at }: Call): StatusBoard | undefined =>
  at === undefined ? board : undefined

/** Secrets of an earlier moment are another right than those of now: they may have been rotated for a reason. */
export function requirePastSecrets(
  { caller, at }: Call,
  organizationId: string,
  hidden?: () => DomainError,
): void {
  if (at !== undefined) caller.require('network.secrets.past', organizationId, hidden)
}
