import type { ObjectKind } from '@holdfast/catalogue'
import type { Aggregate, CommandContext, Commit } from '@holdfast/event-log'

/** One object there is something to do about, as a service looks at it before anything is decided. */
export interface Wanted<Facts> {
  readonly id: string
  /** Undefined: it is not there. */
  readonly now: Facts | undefined
  readonly target: Facts | undefined
}

/** What lives in an aggregate, under its id, in one field of the facts: `peers` of an interface. */
export interface Members {
  readonly kind: ObjectKind
  /** As people call it, of the facts of one. */
  name(facts: object): string
}

/** What else the plan at hand is about to change. */
export interface Outlook {
  /** Undefined: nothing. `target` is what it will be; the same as `now` when something stands in the way. */
  planned(
    kind: ObjectKind,
    id: string,
  ): { readonly now: object | undefined; readonly target: object | undefined } | undefined
}

export interface Compensation<State, Facts, Around> {
  /** The aggregate's id: last part of its subject, `<node>.<interface>` where it has two. */
  readonly id: string
  readonly now: State
  /** After `aim`. Undefined: it is to be gone. */
  readonly target: Facts | undefined
  readonly around: Around
  /** The writer's clock, ms since 1970. */
  readonly nowUnixMs: number
}

/** An object before and after something was stored. */
export interface Passage<Facts> {
  readonly before: Facts | undefined
  readonly after: Facts | undefined
}

/**
 * How one kind of aggregate becomes again what it was (docs/adr/0034).
 *
 * Law, property-tested for each kind: for every reachable `now` and every reachable `target`, either
 * `facts(now + compensate(now, target))` equals `target`, or `compensate` throws the DomainError that names what is in the
 * way; and it answers no events when they are equal already.
 *
 * Facts are plain data: records, lists, text, numbers, bigints, booleans, `SealedFact` (facts.ts) for what is sealed. A field
 * that is undefined is absent. Records are compared and merged key by key, lists as one value. Keep by id what is merged by
 * id. Leave out what nobody may bring back or what follows from something else: revisions, times of change, claims.
 * Use type aliases or interfaces of data only: no Map, no Set, no class, no Uint8Array.
 */
export interface Compensable<State, Facts extends object, Event, Around = undefined> {
  /** As in the audit trail. */
  readonly kind: ObjectKind
  /** Where the events go: the aggregate of the ordinary commands. */
  readonly aggregate: Aggregate<never, Event, unknown>
  /** Kinds of the same service that have to be there before this one. */
  readonly after: readonly ObjectKind[]
  /** By the field of the facts that holds them by id. */
  readonly members?: Readonly<Record<string, Members>>
  /**
   * Whether its events may be stored in several commits when there are too many for one; each prefix of them has to make
   * sense then. Otherwise such a change is refused with `log.commit_too_large`.
   */
  readonly isSplittable?: boolean

  initial(id: string): State
  /** Folds one stored event with everything it says, sealed fields included. May change the state in place. */
  evolve(state: State, event: Event, commit: Commit): State
  /** Undefined: absent or deleted. Shares nothing with the state that `evolve` changes in place. */
  facts(state: State): Facts | undefined
  /** One value of the facts, without making all of them: where facts are large. Default: by way of `facts`. */
  valueAt?(state: State, path: readonly string[]): unknown
  /** `name` is empty for people, `organizationId` for what belongs to the instance. */
  about(facts: Facts, id: string): { readonly name: string; readonly organizationId: string }
  /** Puts something else in the place of a value that not everybody may see (a webhook's path). Sealed ones are hidden already. */
  show?(path: readonly string[], value: unknown): unknown

  /**
   * What of the target can be had: what stays as it is now whatever the target (a password). Undefined: nothing is, and that
   * is as it should be (a token that was used). Default: all of it.
   */
  aim?(target: Facts, now: Facts | undefined, nowUnixMs: number): Facts | undefined
  /** What becomes of one that was not there yet, where it can be put out of use and not be deleted (a person). */
  remains?(now: Facts, nowUnixMs: number): Facts
  /** What people should know of a change that is not what they asked for in full. */
  notes?(target: Facts, now: Facts | undefined): readonly string[]
  /**
   * Everything `compensate` has to know beside the object, gathered for many objects of this kind at once. Kinds named in
   * `after` are in the outlook as they will be. `actorId`: of the user who asks; empty when a plan names nobody.
   */
  surroundings?(
    wanted: readonly Wanted<Facts>[],
    outlook: Outlook,
    actorId: string,
  ): Promise<Around>
  /**
   * The ordinary events that take the object from `now` to `target`, in an order in which each makes sense. Pure. Throws the
   * DomainError that stands in the way: an identity withdrawn, a key destroyed, facts that contradict each other (they may,
   * after one commit is undone).
   */
  compensate(wanted: Compensation<State, Facts, Around>): readonly Event[]

  /**
   * Whether it waits until the others of its kind have been brought: who steps down, for somebody to have stepped up before.
   * Default: no.
   */
  isLate?(passage: Passage<Facts>): boolean
  /**
   * What must be unique in the service and is used by these facts, as texts: `node/<id>/name/wg0`. Whoever lets go of a
   * text goes before whoever takes it.
   */
  claims?(facts: Facts, id: string): readonly string[]
  /**
   * The same facts without the claims that are wanted by others, for a while: for circles of renames. `isFree`: nothing in the
   * plan has it or is to have it.
   */
  park?(
    now: Facts,
    id: string,
    isFree: (claim: string) => boolean,
    isWanted: (claim: string) => boolean,
  ): Facts
  /** Before the events are stored, and not for deletions: claims by the ordinary commands' ways. Throws why it cannot. */
  hold?(id: string, passage: Passage<Facts>, context: CommandContext): Promise<void>
  /**
   * After they were stored, or were not after all: leaves claimed what `after` uses and lets go of the rest of `before`.
   * Does what else follows a deletion. May come again at any time.
   */
  settle?(id: string, passage: Passage<Facts>, context: CommandContext): Promise<void>
  /** Stores the events by `store`, under whatever lock keeps a rule across objects; throws why it must not. */
  guard?(id: string, passage: Passage<Facts>, store: () => Promise<void>): Promise<void>
}

/** Types forgotten: each engine handles states and facts of a kind by that kind's own functions alone. */
export type AnyCompensable = Compensable<unknown, object, unknown, unknown>

/** Takes a kind into the list of a service. */
export const compensable = <State, Facts extends object, Event, Around>(
  one: Compensable<State, Facts, Event, Around>,
): AnyCompensable => one as unknown as AnyCompensable // as: see AnyCompensable
