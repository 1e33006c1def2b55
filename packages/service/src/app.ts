import type { Spec, Values } from '@holdfast/config'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { Projection, Projections } from '@holdfast/projections'
import type { MethodTable } from '@holdfast/proto'
import type { Telemetry } from '@holdfast/telemetry'
import type { Alarm } from './alarm.ts'
import type { Readiness } from './health-server.ts'
import type { GrpcServiceName } from './settings.ts'
import type { KeySource } from './tokens.ts'
import type { Caller, Client, Handlers } from './types.ts'

/** What a process has before the log is open. */
export interface EarlyApp<S extends Spec> {
  readonly settings: Values<S>
  readonly telemetry: Telemetry
  /** Another condition of /readyz. */
  readiness(name: string, check: () => Readiness): void
  /** Runs when everything else has drained, the log included. */
  onEnd(work: () => Promise<void> | void): void
}

/** What every process of the control plane is given. */
export interface EdgeApp<S extends Spec> {
  readonly settings: Values<S>
  readonly telemetry: Telemetry
  readonly log: EventLog
  /**
   * A typed client to the service that owns the table, over the process's one stream to it; or to the one named, when
   * several serve it.
   */
  connect<T extends MethodTable>(table: T, service?: GrpcServiceName): Client<T>
  /** Who a token stands for; throws `access.token_invalid` and its like. */
  authenticate(accessToken: string): Promise<Caller>
  /** Replaces the keys fetched from auth. Auth itself uses its own. Call while composing. */
  verifyWith(keys: KeySource): void
  /** Refuses tokens of the session issued up to that moment. `ctl.auth.session-revoked` does it by itself. */
  revokeSession(sessionId: string, revokedAtUnixMs: number): void
  /** Tells whoever looks after the instance (notify/): inbox, mail, webhooks. */
  alarm(alarm: Alarm): void
  /** Another condition of /readyz. */
  readiness(name: string, check: () => Readiness): void
  /** Runs when everything is open and before the process is ready. */
  onStart(work: () => Promise<void> | void): void
  /** The same for what acts outside of the instance by itself: it never runs where effects are off (effects.ts). */
  onEffect(work: () => Promise<void> | void): void
  /** Runs while draining, after the last call and before the log closes; last in, first out. */
  onDrain(work: () => Promise<void> | void): void
}

/** What a service with methods and a database of its own is given on top. */
export interface App<S extends Spec> extends EdgeApp<S> {
  /** Serves the methods, over unary gRPC and the mux alike. Throws when one has no usable access rule. */
  serve<T extends MethodTable>(table: T, handlers: Handlers<T>): void
  readonly postgres: Postgres
  /** Usable from `onStart` and in handlers, not while composing. */
  readonly projections: Projections
  /** Adds a read model. */
  project(...projections: readonly Projection[]): void
}
