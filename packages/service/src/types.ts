import type { CommandId, OrganizationId, SessionId, UserId } from '@holdfast/domain'
import type { DomainError } from '@holdfast/errors'
import type { Actor, CommandContext } from '@holdfast/event-log'
import type { Method, MethodTable, RequestOf, ResponseOf } from '@holdfast/proto'
import type { Permission } from './permissions.ts'

/** Who calls, as far as the access rules have established it. */
export interface Caller {
  /** `service`: one of ours, admitted by the method's rule, acting for itself. */
  readonly kind: 'user' | 'service' | 'anonymous'
  readonly userId?: UserId
  readonly sessionId?: SessionId
  /** Common name of the process at the other end of the connection, whoever it acts for. */
  readonly service: string
  /** Who the log names. */
  readonly actor: Actor
  /** Where the caller has a permission: everywhere, or in these organizations. */
  organizations(permission: Permission): '*' | readonly OrganizationId[]
  can(permission: Permission, organizationId: string): boolean
  /**
   * Throws `access.denied` to somebody of the organization, and to everybody else what they would get if
   * the thing did not exist: `hidden`, or `access.not_visible`.
   */
  require(permission: Permission, organizationId: string, hidden?: () => DomainError): void
}

/** One call of a method, beside its request. */
export interface Call {
  readonly caller: Caller
  /** The client's, or a fresh one. */
  readonly commandId: CommandId
  /** Whether the client chose `commandId`. */
  readonly isKeyed: boolean
  /** SHA-256 of the request. */
  readonly requestHash?: Uint8Array
  /** Refuse with `stale` unless the aggregate is at this revision. */
  readonly expectedRevision?: bigint
  /** Already waited for when the handler runs. */
  readonly minSequence?: bigint
  /**
   * Answer as of this sequence, 1 or more; only of methods that say so (`past` in proto/). The read models include it
   * when the handler runs.
   */
  readonly at?: bigint
  /** Aborted when the deadline passes or nobody waits any more. */
  readonly signal: AbortSignal
  readonly correlationId: string
  /** The user's, for calls to other services on their behalf; absent when a service acts for itself. Never kept or logged. */
  readonly accessToken?: string
  /** Tells the caller (reply metadata `holdfast-sequence`) and the log line where the command went. */
  committed(sequence: bigint): void
  /** What `log.execute` has to know of this call. */
  command(organizationId?: string): CommandContext
}

/** What a handler may answer, and a client may send: a plain object with the message's fields. */
export type Answer<M extends Method> = Parameters<M['response']['encode']>[0]
export type Wish<M extends Method> = Parameters<M['request']['encode']>[0]

/** One function a method. Throws DomainErrors for what callers may know. */
export type Handlers<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request: RequestOf<T[K]>,
    call: Call,
  ) => Answer<T[K]> | Promise<Answer<T[K]>>
}

export interface CallOptions {
  /** Without one the call is made in this service's own name. */
  readonly accessToken?: string
  readonly commandId?: CommandId
  /** Whether `commandId` came from outside and may come again. */
  readonly isKeyed?: boolean
  readonly requestHash?: Uint8Array
  readonly expectedRevision?: bigint
  readonly minSequence?: bigint
  /** As of this sequence. Methods that cannot look back refuse it. */
  readonly at?: bigint
  readonly correlationId?: string
  /** Why, for the log; at most 500 characters. */
  readonly reason?: string
  /** Rejects with its reason, and tells the other side. */
  readonly signal?: AbortSignal
  /** 1 to 600,000; 30,000 when absent. */
  readonly timeoutMs?: number
  /** Called before the answer when the call stored something. */
  readonly onSequence?: (sequence: bigint) => void
}

/** One function a method; rejects with the DomainError the handler threw. */
export type Client<T extends MethodTable> = {
  readonly [K in keyof T]: (request: Wish<T[K]>, options?: CallOptions) => Promise<ResponseOf<T[K]>>
}
