/** One object that is to be brought to its target, as far as the order of bringing goes. */
export interface Mover {
  readonly id: string
  /** Of its kind: lower ones come first. */
  readonly rank: number
  /** What it uses now, and what it will use. */
  readonly holds: readonly string[]
  readonly wants: readonly string[]
  readonly canPark: boolean
}

export interface Order {
  /** Who has to let go for a while before anything else happens. */
  readonly parked: readonly string[]
  /** Everybody, in the order of bringing; those of one level do not wait for each other. */
  readonly levels: readonly (readonly string[])[]
}

/**
 * Brings kinds in the order of their ranks, and within a kind whoever lets go of a name before whoever takes it. Where that
 * cannot be, because of a circle or because the one who lets go is of a later kind, somebody is parked first.
 */
export function inOrder(movers: readonly Mover[]): Order {
  const holders = new Map<string, Mover>()
  for (const mover of movers) {
    const wanted = new Set(mover.wants)
    for (const claim of mover.holds) if (!wanted.has(claim)) holders.set(claim, mover)
  }
  /** Whom each waits for, and who waits for each. */
  const waits = new Map<Mover, Set<Mover>>()
  const followers = new Map<Mover, Mover[]>()
  const parked = new Set<Mover>()
  for (const mover of movers) {
    const own = new Set(mover.holds)
    for (const claim of mover.wants) {
      const holder = own.has(claim) ? undefined : holders.get(claim)
      if (!holder || holder === mover) continue
      if (holder.rank > mover.rank && holder.canPark) parked.add(holder)
      if (holder.rank !== mover.rank) continue
      waits.set(mover, (waits.get(mover) ?? new Set()).add(holder))
      followers.set(holder, [...(followers.get(holder) ?? []), mover])
    }
  }
  /** Nobody waits for it any longer. Those who waited for nobody else. */
  const letGo = (gone: Mover): Mover[] =>
    (followers.get(gone) ?? []).filter((mover) => {
      const before = waits.get(mover)
      return before?.delete(gone) === true && before.size === 0
    })
  for (const one of parked) letGo(one)

  const levels: string[][] = []
  const sorted = [...movers].sort(byRankAndId)
  for (const rank of new Set(sorted.map((mover) => mover.rank))) {
    const left = new Set(sorted.filter((mover) => mover.rank === rank))
    let ready = [...left].filter((mover) => (waits.get(mover)?.size ?? 0) === 0)
    while (left.size > 0) {
      if (ready.length === 0) {
        const circle = circleIn(left, waits)
        const aside = circle.find(({ canPark }) => canPark)
        // Where nobody can step aside, the first is tried as it is, and refused.
        const [first] = circle
        if (aside) {
          parked.add(aside)
          ready = letGo(aside)
        } else if (first) {
          waits.get(first)?.clear()
          ready = [first]
        }
        continue
      }
      levels.push(ready.map(({ id }) => id))
      for (const mover of ready) left.delete(mover)
      ready = ready.flatMap(letGo).sort(byRankAndId)
    }
  }
  return { parked: [...parked].map(({ id }) => id).sort(), levels }
}

const byRankAndId = (a: Mover, b: Mover): number => a.rank - b.rank || (a.id < b.id ? -1 : 1)

/** Some circle among those of whom each waits for another one of them, by id. */
function circleIn(
  left: ReadonlySet<Mover>,
  waits: ReadonlyMap<Mover, ReadonlySet<Mover>>,
): readonly Mover[] {
  const path: Mover[] = []
  let [next] = left
  while (next && !path.includes(next)) {
    path.push(next)
    ;[next] = waits.get(next) ?? []
  }
  return path.slice(next ? path.indexOf(next) : 0).sort(byRankAndId)
}
