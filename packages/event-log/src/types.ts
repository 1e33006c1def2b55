import type { CommandId, Decider } from '@holdfast/domain'
import type { Telemetry } from '@holdfast/telemetry'

/** One fact as the log keeps it. */
export interface StoredEvent {
  /** Past tense, for example `PeerAdded`. */
  readonly type: string
  /** Schema number of `data`, from 1. */
  readonly schema: number
  readonly data: Uint8Array
}

export interface EventCodec<Event> {
  encode(event: Event): StoredEvent
  /** Throws `UnknownEvent`: an aggregate never skips a part of its own history. */
  decode(stored: StoredEvent): Event
}

/** What the log has to know to run commands on one kind of aggregate. */
export interface Aggregate<Command, Event, State> {
  /** The service that owns it; second part of the subject. */
  readonly context: string
  /** Third part of the subject, for example `interface`. */
  readonly type: string
  readonly decider: Decider<Command, Event, State>
  readonly codec: EventCodec<Event>
  /** Raise when `evolve` changes, so that kept states are dropped. */
  readonly stateVersion?: number
  /**
   * Whether a command may be decided on facts that are about to be stored, and stored along with them
   * (docs/adr/0002). For commands of which many come at once and whose answer follows from their own
   * events: the state in the outcome may be past facts of others that came along.
   */
  readonly mayFollow?: (command: Command) => boolean
}

export const actorKinds = ['user', 'api_key', 'service', 'node'] as const
export type ActorKind = (typeof actorKinds)[number]

export const authenticationMethods = [
  'password',
  'password_totp',
  'api_key',
  'certificate',
] as const
export type AuthenticationMethod = (typeof authenticationMethods)[number]

/** Who did it. */
export interface Actor {
  readonly kind: ActorKind
  /** UUID of the user, API key or node; the name of a service. */
  readonly id: string
  readonly method?: AuthenticationMethod
  /** UUID. */
  readonly sessionId?: string
}

/** One message of the log: the events of one decision. */
export interface Commit {
  /** Position in the stream, from 1. Also the revision of the aggregate after this commit. */
  readonly sequence: bigint
  readonly subject: string
  readonly context: string
  readonly commitId: string
  readonly lineageId: string
  readonly generation: number
  readonly aggregateType: string
  readonly aggregateId: string
  /** Version of the first event; counted from 1, contiguous for an aggregate. */
  readonly aggregateVersion: bigint
  readonly organizationId: string | undefined
  readonly actor: Actor
  readonly commandId: string
  readonly correlationId: string
  readonly causationId: string | undefined
  /** SHA-256; undefined when the command had no key of its own. */
  readonly requestHash: Uint8Array | undefined
  /** The writer's clock, µs since 1970. Informational, never used for order. */
  readonly timeUnixUs: bigint
  /** The same in whole milliseconds. */
  readonly timeUnixMs: number
  /** Empty when none was given. */
  readonly reason: string
  readonly events: readonly StoredEvent[]
  /** The stored payload. Hash and sign this, never a re-encoding. */
  readonly bytes: Uint8Array
  /** W3C trace context of its append. Only there while a reader is traced itself; no part of the commit. */
  readonly traceparent?: string
}

/** Everything about a command but its content. */
export interface CommandContext {
  readonly commandId: CommandId
  /** Whether the client chose the id (`Idempotency-Key`), so that it may come again later. */
  readonly isKeyed: boolean
  /** SHA-256 of the canonical request. */
  readonly requestHash?: Uint8Array
  readonly organizationId?: string
  readonly actor: Actor
  readonly correlationId: string
  readonly causationId?: string
  /** At most 500 characters. */
  readonly reason?: string
  /** Refuse with `stale` unless the aggregate is at this revision. */
  readonly expectedRevision?: bigint
  readonly signal?: AbortSignal
  /** W3C trace context, sent along as a header. */
  readonly traceparent?: string
}

/** What came of a command. */
export interface Outcome<State, Event> {
  /** Of the commit. Of the last one on this aggregate when the command changed nothing. */
  readonly sequence: bigint
  /** What the aggregate's revision was after the command. 0 when nothing was ever stored. */
  readonly revision: bigint
  /**
   * The state now. It is the living one: read it before awaiting anything, later commands may change
   * it in place.
   */
  readonly state: State
  readonly events: readonly Event[]
  /** When the commit was made, ms since 1970; undefined when nothing was stored. */
  readonly timeUnixMs: number | undefined
  /** Whether this command had been carried out before; `events` are those of the first time. */
  readonly isRepeated: boolean
}

/** A command as the registry of past commands knows it. */
export interface KnownCommand {
  readonly sequence: bigint
  readonly subject: string
  readonly requestHash?: Uint8Array | undefined
  readonly actorId: string
}

/** Past commands by id, beyond what the server's duplicate window keeps. Projections implement it. */
export interface CommandRegistry {
  find(organizationId: string | undefined, commandId: string): Promise<KnownCommand | undefined>
  /** Resolves when the registry includes this sequence. */
  reached(sequence: bigint, signal?: AbortSignal): Promise<void>
}

/** The last commit a reader is sure to have taken in. */
export interface Checkpoint {
  readonly sequence: bigint
  /** `commitHash` of it. */
  readonly hash: Uint8Array
}

export interface SubscribeOptions {
  /** First sequence wanted, from 1. Usually the checkpoint and 1. */
  readonly from: bigint
  /** One subject filter, for example `evt.network.interface.<node>.>`. Default: everything. */
  readonly filter?: string
  /** For people and metrics: which reader this is. From a closed set. */
  readonly name: string
  readonly signal: AbortSignal
  /** Compared with the log before anything is delivered, and again with every new server. */
  readonly checkpoint?: Checkpoint
  /** The consumer's exact name, where permissions demand one (nodes). Default: a fresh one. */
  readonly consumer?: string
  /** Called once, when everything that stood in the log at the start has been handed over. */
  readonly onCaughtUp?: () => void
}

/** One message of a telemetry stream. */
export interface TelemetryMessage {
  /** Position in the stream, from 1. */
  readonly sequence: bigint
  readonly subject: string
  /** Good until the callback has returned. */
  readonly data: Uint8Array
  /** By the server's clock, ms since 1970. */
  readonly storedAtUnixMs: number
}

/** What a reader of telemetry has to remember, along with what it made of the messages. */
export interface TelemetryPosition {
  /** When the stream was made: one that was made anew counts from 1 again. */
  readonly stream: string
  /** Of the last message taken. */
  readonly sequence: bigint
}

export interface TelemetryBatch {
  readonly messages: readonly TelemetryMessage[]
  /** After these messages. */
  readonly position: TelemetryPosition
  /** Messages the stream gave up, by its limits, before they were read. */
  readonly missed: bigint
}

export interface FollowOptions {
  /** For example `FLOWS`. */
  readonly stream: string
  /** Absent: from the oldest message there is. */
  readonly after?: TelemetryPosition
  /** For people: which reader this is. */
  readonly name: string
  readonly signal: AbortSignal
}

/** How far derived things may follow the log. */
export interface SafeSequence {
  /** The greatest sequence that cannot vanish any more; 0 while nothing is vouched for. */
  current(): bigint
  /** Calls back after `current` rose. Returns the way to stop that. */
  onAdvance(listener: () => void): () => void
}

export interface LogStatus {
  readonly isWritable: boolean
  /** Why not, for people. */
  readonly reason?: string
  /** Whether it stays so until a person acts. Readers get nothing new then, and everything can be read. */
  readonly isRefused?: boolean
}

/** The log, as a service or a node sees it. */
export interface EventLog {
  /** Constant for the life of an instance, restores included. */
  readonly lineageId: string
  /** Counts restores into an empty instance, from 1. */
  readonly generation: number
  readonly safe: SafeSequence

  /**
   * Folds, decides, appends, evolves. Commands on one aggregate wait for each other. When the decider
   * answers with no events nothing is stored and the outcome carries the present revision.
   *
   * Throws what the decider throws, and `stale`, `idempotency_key_reused`, `log.commit_too_large`,
   * `log.contended`, `log.unavailable` or `log.exhausted` (nothing stored) or `log.outcome_unknown`
   * (repeat with the same command id). Outside of `durable` it answers when the answer is safe.
   */
  execute<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    command: C | ((state: S) => C),
    context: CommandContext,
  ): Promise<Outcome<S, E>>

  /**
   * Stores events that were decided on more of the aggregate's history than its decider remembers, if the aggregate is still
   * at `expectedRevision`; else `stale`. Otherwise as `execute`: with its command ids, its queue, its waiting.
   */
  record<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    events: readonly E[],
    context: CommandContext & { readonly expectedRevision: bigint },
  ): Promise<Outcome<S, E>>

  /**
   * The aggregate, up to date with the log. Re-reads only what is newer. See `Outcome.state`. Outside
   * of `durable` it answers when the answer is safe.
   */
  fold<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    signal?: AbortSignal,
  ): Promise<{ readonly state: S; readonly revision: bigint }>

  /**
   * The aggregate if it is in memory, without asking the log: as of the last command carried out here, or older.
   * For what need not be up to date. Unless `isSafe`, the state may hold what vanishes again: good for deciding what
   * to do next, not for showing.
   */
  peek<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
  ): { readonly state: S; readonly revision: bigint; readonly isSafe: boolean } | undefined

  /**
   * Runs work of which an answer is made, for example a handler. `execute` and `fold` in it note what
   * the answer depends on, refusals and unchanged states included, and do not wait; when the work
   * settles, well or not, this waits until all of that is safe: at most 5 s, or until the signal
   * aborts. Then it rejects with `log.outcome_unknown`, or with `log.unavailable` when the log was
   * only read. Work within work waits once, at the end of the outer one.
   */
  durable<T>(work: () => Promise<T> | T, signal?: AbortSignal): Promise<T>
  /** Resolves when the sequence is safe. Rejects with `log.unavailable` after 5 s, or when the signal aborts. */
  whenSafe(sequence: bigint, signal?: AbortSignal): Promise<void>

  /**
   * Delivers commits in order, whole batches at a time, from `from` on until the signal aborts (then
   * it resolves). Survives reconnects. Takes nothing beyond the safe sequence. Rejects with `log.gap`,
   * `log.forked` or `log.commit_unreadable`, or with what the callback throws: the reader is frozen
   * then, on purpose. A batch never repeats or skips a commit.
   */
  subscribe(
    options: SubscribeOptions,
    onBatch: (commits: readonly Commit[]) => Promise<void> | void,
  ): Promise<void>

  /** The commit at a sequence, safe or not, if there is one. */
  read(sequence: bigint): Promise<Commit | undefined>
  /** Commits of one subject after a revision, oldest first. */
  history(subject: string, after?: bigint): AsyncIterable<Commit>
  /** The last commit of one subject, safe or not: what a node may read without a consumer. */
  last(subject: string): Promise<Commit | undefined>
  /** Aborts when the guard vouches for a later generation of this log: nothing more comes here. */
  readonly succeeded: AbortSignal
  /** The last sequence in the stream, safe or not. Asks the server. */
  head(): Promise<bigint>
  /**
   * A safe sequence that includes everything anybody has been told so far: a reader that has reached it shows every
   * acknowledged change. Asks the server, and waits for the archive to come as far (at most 5 s, and not while
   * nothing can be acknowledged). 0 while nothing is known to be safe.
   */
  safeHead(): Promise<bigint>
  /** The greatest sequence this process knows to be safe, or that the work at hand (`durable`) depends on. */
  seen(): bigint

  status(): LogStatus
  /** Called at once and whenever `status` changes. Returns the way to stop that. */
  onStatus(listener: (status: LogStatus) => void): () => void

  /** Installs the registry of past commands. Until then only recent commands are recognized. */
  useCommands(registry: CommandRegistry): void

  /** Sends a core message: at most once, kept nowhere (`ctl.…`, `tlm.…`). */
  signal(subject: string, data: Uint8Array): void
  /** Takes core messages until the returned function is called. Wildcards allowed. */
  onSignal(subject: string, handler: (data: Uint8Array, subject: string) => void): () => void

  /**
   * Delivers a telemetry stream in order, batch after batch, until the signal aborts (then it resolves). Waits for a
   * stream that is not there yet and survives reconnects; rejects only with what the callback throws. Telemetry is
   * not vouched for by the guard: a server that crashed may have lost its end, and then sequences come again.
   */
  follow(options: FollowOptions, onBatch: (batch: TelemetryBatch) => Promise<void>): Promise<void>

  /** Finishes what is in flight (at most 5 s) and disconnects. */
  close(): Promise<void>
}

/** When single commits become batches. The defaults are measured (bench/append.ts). */
export interface GroupCommit {
  /** Commits that have to wait before they travel as one batch. Default 15. */
  readonly minimum?: number
  /** Default 2. */
  readonly lingerMs?: number
  /** Default and limit 1000. */
  readonly maximum?: number
}

export interface OpenLogOptions {
  /** `nats://host:port` or `tls://host:port`, comma-separated. */
  readonly url: string
  /** `.creds` file of this identity. */
  readonly credentialsFile?: string
  /** The CA that signed the server's certificate, PEM. */
  readonly caFile?: string
  /** Service name or node id. Inboxes are below `_INBOX_<name>`. */
  readonly name: string
  /** The context this process may append to. */
  readonly context: string
  /** For example `EVT_1`. Default: the one the guard vouches for. */
  readonly stream?: string
  readonly telemetry: Telemetry
  /** False sends every commit by itself. Default: as `GroupCommit` says, when the stream allows it. */
  readonly group?: GroupCommit | false
  /** How many aggregates stay in memory. Default 2,000. */
  readonly hotAggregates?: number
  /** How long an append may stay unresolved, in ms. Default 30,000. */
  readonly appendTimeoutMs?: number
  /** Refuse to open a log of another lineage (agents pin theirs). */
  readonly expectedLineageId?: string
}
