import { ascending } from './radix-sort.ts'
import { scratch } from './scratch.ts'

/** The address space cut into intervals in which the same tuples have a covering prefix. */
export interface Intervals {
  /** Where each interval begins, by words, most significant first; the first one begins at 0. */
  readonly bounds: readonly Uint32Array[]
  readonly count: number
  /** By interval: its row. */
  readonly row: Uint32Array
  /** Bitmaps of tuples, 2 × `words` 32-bit words each. */
  readonly rows: Uint32Array
  readonly rowCount: number
}

/**
 * One sweep over where prefixes begin and end. `words` is the length of a row in 64-bit words; `firsts` are the first
 * addresses of the prefixes. The answer is good until the next call for the same side.
 */
export function intervalsOf(
  side: 'source' | 'destination',
  firsts: readonly Uint32Array[],
  lengths: Uint8Array,
  tupleOf: Uint16Array,
  tuples: number,
  words: number,
): Intervals {
  const { keys, tags, count } = eventsOf(firsts, lengths, tupleOf)
  const order = ascending(keys, count)
  const rows = new RowSet(words, count + 1)
  const covers = new Int32Array(tuples)
  const width = words * 2
  const bits = new Uint32Array(width)
  const bounds = keys.map((_, word) => scratch(`bounds ${side} ${word}`, count + 1).fill(0, 0, 1))
  const row = scratch(`row ${side}`, count + 1)
  let intervals = 0
  let hash = 0
  let check = 0
  const emit = (event: number): void => {
    const id = rows.idOf(bits, hash, check)
    if (intervals > 0 && row[intervals - 1] === id) return
    row[intervals] = id
    if (event >= 0) {
      for (const [i, words] of bounds.entries()) {
        words[intervals] = (keys[i] as Uint32Array)[event] as number
      }
    }
    intervals++
  }
  let at = 0
  // Address 0 begins an interval whether or not a prefix does.
  let event = -1
  if (count > 0 && !isZero(keys, order[0] as number)) emit(-1)
  while (at < count) {
    event = order[at] as number
    do {
      const tag = tags[order[at] as number] as number
      const tuple = tag >>> 1
      const before = covers[tuple] as number
      const after = before + ((tag & 1) === 1 ? -1 : 1)
      covers[tuple] = after
      if (before === 0 || after === 0) {
        const index = tuple >>> 5
        bits[index] = (bits[index] as number) ^ (1 << (tuple & 31))
        hash ^= scatter(tuple * 2 + 1)
        check ^= scatter(tuple * 2 + 0x40000001)
      }
      at++
    } while (at < count && isSame(keys, order[at] as number, event))
    emit(event)
  }
  if (intervals === 0) emit(-1)
  return { bounds, count: intervals, row, rows: rows.words(), rowCount: rows.count }
}

/** Where each prefix begins, and behind its last address if anything is there; tag: tuple × 2 + (1: ends). */
function eventsOf(
  firsts: readonly Uint32Array[],
  lengths: Uint8Array,
  tupleOf: Uint16Array,
): { keys: readonly Uint32Array[]; tags: Uint32Array; count: number } {
  const lines = lengths.length
  const keys = firsts.map((first, word) => {
    const key = scratch(`events ${word}`, lines * 2)
    key.set(first)
    return key
  })
  const tags = scratch('event tags', lines * 2)
  let count = lines
  for (let i = 0; i < lines; i++) {
    tags[i] = (tupleOf[i] as number) << 1
    const length = lengths[i] as number
    if (length === 0) continue
    // Add one at the prefix's last bit, and carry.
    let word = (length - 1) >>> 5
    const step = 2 ** (31 - ((length - 1) & 31))
    let sum = ((firsts[word] as Uint32Array)[i] as number) + step
    for (let below = keys.length - 1; below > word; below--) {
      ;(keys[below] as Uint32Array)[count] = 0
    }
    while (sum > 0xffffffff && word > 0) {
      ;(keys[word] as Uint32Array)[count] = sum - 0x100000000
      word--
      sum = ((firsts[word] as Uint32Array)[i] as number) + 1
    }
    if (sum > 0xffffffff) continue // up to the last address
    ;(keys[word] as Uint32Array)[count] = sum
    for (let above = word - 1; above >= 0; above--) {
      ;(keys[above] as Uint32Array)[count] = (firsts[above] as Uint32Array)[i] as number
    }
    tags[count] = ((tupleOf[i] as number) << 1) | 1
    count++
  }
  return { keys, tags, count }
}

function isSame(keys: readonly Uint32Array[], a: number, b: number): boolean {
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] as Uint32Array
    if (key[a] !== key[b]) return false
  }
  return true
}

const isZero = (keys: readonly Uint32Array[], event: number): boolean =>
  keys.every((key) => key[event] === 0)

/** A number that looks random and follows from its argument. */
function scatter(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Rows without repetition, in the order they were first asked for. */
class RowSet {
  readonly #width: number
  #rows: Uint32Array
  #checks: Uint32Array
  #table: Int32Array
  count = 0

  constructor(words: number, most: number) {
    this.#width = words * 2
    const expected = Math.min(most, 1024)
    this.#rows = new Uint32Array(expected * this.#width)
    this.#checks = new Uint32Array(expected * 2)
    this.#table = new Int32Array(4096).fill(-1)
  }

  /** `hash` and `check` follow from the bits. */
  idOf(bits: Uint32Array, hash: number, check: number): number {
    const mask = this.#table.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const id = this.#table[at] as number
      if (id < 0) return this.#add(bits, hash, check, at)
      if (
        this.#checks[id * 2] === hash >>> 0 &&
        this.#checks[id * 2 + 1] === check >>> 0 &&
        this.#holds(id, bits)
      ) {
        return id
      }
    }
  }

  words(): Uint32Array {
    return this.#rows.subarray(0, this.count * this.#width)
  }

  #holds(id: number, bits: Uint32Array): boolean {
    const start = id * this.#width
    for (let i = 0; i < this.#width; i++) if (this.#rows[start + i] !== bits[i]) return false
    return true
  }

  #add(bits: Uint32Array, hash: number, check: number, at: number): number {
    const id = this.count++
    if ((id + 1) * this.#width > this.#rows.length) {
      this.#rows = grown(this.#rows)
      this.#checks = grown(this.#checks)
    }
    this.#rows.set(bits, id * this.#width)
    this.#checks[id * 2] = hash
    this.#checks[id * 2 + 1] = check
    this.#table[at] = id
    if (this.count * 2 > this.#table.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const mask = this.#table.length * 2 - 1
    this.#table = new Int32Array(mask + 1).fill(-1)
    for (let id = 0; id < this.count; id++) {
      let at = (this.#checks[id * 2] as number) & mask
      while ((this.#table[at] as number) >= 0) at = (at + 1) & mask
      this.#table[at] = id
    }
  }
}

function grown(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}
