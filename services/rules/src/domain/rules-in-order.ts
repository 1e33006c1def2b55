const priorities = 1001
/** So many changes are made one by one; more of them at once. */
const few = 32

/** What of a rule says where it stands. */
interface Placed {
  readonly settings: { readonly priority: number }
  readonly order: number
}

interface Equals<R> {
  /** Ascending by order. */
  list: R[]
  /** By order: what is not in the list yet; undefined for what is to leave it. */
  readonly pending: Map<number, R | undefined>
}

/**
 * The rules of a set in the order of evaluation, kept beside them: places and equals are found without looking at
 * every rule. Changed in place, as the state it is part of; changes in the middle wait until somebody looks.
 */
export interface RulesInOrder<R extends Placed> {
  /** By rank, 0 for the highest priority. */
  readonly ranks: Map<number, Equals<R>>
  /** How many rules are before each rank; undefined when it has to be counted again. */
  before: Uint32Array | undefined
}

export const noRulesInOrder = <R extends Placed>(): RulesInOrder<R> => ({
  ranks: new Map(),
  before: undefined,
})

const rankOf = (priority: number): number => priorities - 1 - priority

function equalsAt<R extends Placed>({ ranks }: RulesInOrder<R>, priority: number): Equals<R> {
  const rank = rankOf(priority)
  let equals = ranks.get(rank)
  if (!equals) {
    equals = { list: [], pending: new Map() }
    ranks.set(rank, equals)
  }
  return equals
}

/** The first index at which a rule of this order may stand. */
function indexOf(list: readonly Placed[], order: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.order ?? 0) < order) low = middle + 1
    else high = middle
  }
  return low
}

export function putInOrder<R extends Placed>(inOrder: RulesInOrder<R>, rule: R): void {
  const { list, pending } = equalsAt(inOrder, rule.settings.priority)
  const isLast = pending.size === 0 && (list.at(-1)?.order ?? -1) < rule.order
  const at = isLast ? list.length : indexOf(list, rule.order)
  const isThere = !pending.has(rule.order) && list[at]?.order === rule.order
  if (isLast) list.push(rule)
  else if (isThere) list[at] = rule
  else pending.set(rule.order, rule)
  if (!isThere) inOrder.before = undefined
}

export function takeOutOfOrder<R extends Placed>(
  inOrder: RulesInOrder<R>,
  { settings, order }: R,
): void {
  equalsAt(inOrder, settings.priority).pending.set(order, undefined)
  inOrder.before = undefined
}

/** Rules of one priority, ascending by order. */
export function equalsOf<R extends Placed>(
  inOrder: RulesInOrder<R>,
  priority: number,
): readonly R[] {
  return settled(equalsAt(inOrder, priority))
}

/** Place in the order of evaluation, from 1, of a rule that is there or would be. */
export function positionOf<R extends Placed>(
  inOrder: RulesInOrder<R>,
  priority: number,
  order: number,
): number {
  inOrder.before ??= countBefore(inOrder)
  return (inOrder.before[rankOf(priority)] ?? 0) + indexOf(equalsOf(inOrder, priority), order) + 1
}

function countBefore<R extends Placed>({ ranks }: RulesInOrder<R>): Uint32Array {
  const before = new Uint32Array(priorities)
  let sum = 0
  for (let rank = 0; rank < priorities; rank++) {
    before[rank] = sum
    const equals = ranks.get(rank)
    if (equals) sum += settled(equals).length
  }
  return before
}

function settled<R extends Placed>(equals: Equals<R>): readonly R[] {
  const { list, pending } = equals
  if (pending.size === 0) return list
  if (pending.size <= few) for (const [order, rule] of pending) change(list, order, rule)
  else {
    const kept = list.filter(({ order }) => !pending.has(order))
    const added = [...pending.values()].filter((rule) => rule !== undefined)
    equals.list = [...kept, ...added].sort((a, b) => a.order - b.order)
  }
  pending.clear()
  return equals.list
}

function change<R extends Placed>(list: R[], order: number, rule: R | undefined): void {
  const at = indexOf(list, order)
  const found = list[at]?.order === order ? 1 : 0
  if (rule) list.splice(at, found, rule)
  else list.splice(at, found)
}
