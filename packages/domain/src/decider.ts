/**
 * An aggregate as data: rules in `decide`, history in `evolve`. No I/O, no clock, no ids minted.
 *
 * `evolve` never refuses a fact. It owns the state it is given and may change it in place, because an
 * aggregate may hold thousands of members and a copy an event would make every replay quadratic
 * (docs/adr/0002). `decide` only reads, and state is evolved only by facts the log has stored.
 */
export interface Decider<Command, Event, State> {
  initial(): State
  decide(command: Command, state: State): readonly Event[]
  evolve(state: State, event: Event): State
}
