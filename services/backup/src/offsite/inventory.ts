import type { ObjectKind } from '@holdfast/full-backup'
import type { NewRow, ObjectStore, StoredRow } from './store.ts'

/**
 * What stands at one location, in memory and in the table. One writer: the destination whose it is. Held whole: a row is
 * some hundred bytes, and stands for a segment of megabytes.
 */
export class Inventory {
  readonly #store: ObjectStore
  readonly #rows: Map<string, StoredRow>

  private constructor(store: ObjectStore, rows: readonly StoredRow[]) {
    this.#store = store
    this.#rows = new Map(rows.map((row) => [row.key, row]))
  }

  static async open(store: ObjectStore): Promise<Inventory> {
    return new Inventory(store, await store.all())
  }

  get size(): number {
    return this.#rows.size
  }

  get(key: string): StoredRow | undefined {
    return this.#rows.get(key)
  }

  rows(): Iterable<StoredRow> {
    return this.#rows.values()
  }

  /** In order of `first`. */
  of(...kinds: readonly ObjectKind[]): readonly StoredRow[] {
    return [...this.#rows.values()]
      .filter(({ kind }) => kinds.includes(kind))
      .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  }

  /** Of a numbered kind, not retired. */
  newest(kind: ObjectKind): StoredRow | undefined {
    return this.of(kind).findLast(({ namedTo }) => namedTo === undefined)
  }

  /** 0: there is none. */
  get newestManifestUnixMs(): number {
    return Number(this.of('manifest').at(-1)?.first ?? 0n)
  }

  async put(rows: readonly NewRow[]): Promise<void> {
    await this.#store.put(rows)
    for (const row of rows) {
      const before = this.#rows.get(row.key)
      const names = before ? { namedFrom: before.namedFrom } : {}
      this.#rows.set(row.key, { ...row, ...names, verifiedAtUnixMs: 0, damage: '' })
    }
  }

  /** A manifest stands, and names everything that is not retired. */
  async putManifest(row: NewRow): Promise<void> {
    await this.#store.manifest(row)
    this.#rows.set(row.key, { ...row, verifiedAtUnixMs: 0, damage: '' })
    for (const [key, each] of this.#rows)
      if (each.kind !== 'manifest' && each.namedFrom === undefined && each.namedTo === undefined)
        this.#rows.set(key, { ...each, namedFrom: Number(row.first) })
  }

  async remove(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    await this.#store.remove(keys)
    for (const key of keys) this.#rows.delete(key)
  }

  async judge(row: StoredRow, damage: string, atUnixMs: number): Promise<void> {
    await this.#store.judge(row.key, row.sha256, damage, atUnixMs)
    const now = this.#rows.get(row.key)
    if (now?.sha256 !== row.sha256) return
    const verifiedAtUnixMs = atUnixMs || now.verifiedAtUnixMs
    this.#rows.set(row.key, { ...now, damage, verifiedAtUnixMs })
  }

  /** The next manifest will not name them. */
  async retire(keys: readonly string[]): Promise<void> {
    const living = keys.filter((key) => this.#rows.get(key)?.namedTo === undefined)
    if (living.length === 0) return
    const namedTo = this.newestManifestUnixMs
    await this.#store.retire(living, namedTo)
    for (const key of living) {
      const row = this.#rows.get(key)
      if (row) this.#rows.set(key, { ...row, namedTo })
    }
  }

  /** Manifests after which they and everything they name have been read back and were right. */
  verifiedManifests(): ReadonlySet<number> {
    const others = [...this.#rows.values()].filter(({ kind }) => kind !== 'manifest')
    const bad = others.filter(isNotSound)
    return new Set(
      this.of('manifest')
        .filter((row) => !isNotSound(row))
        .map(({ first }) => Number(first))
        .filter((at) => !bad.some((row) => isNamedBy(row, at))),
    )
  }

  /** Objects, retired and named by none of these manifests. */
  unneeded(manifests: readonly number[]): readonly StoredRow[] {
    return [...this.#rows.values()].filter(
      (row) =>
        row.kind !== 'manifest' &&
        row.namedTo !== undefined &&
        !manifests.some((at) => isNamedBy(row, at)),
    )
  }

  /** Retired before any manifest named them. */
  unnamed(): readonly StoredRow[] {
    return [...this.#rows.values()].filter(
      ({ kind, namedFrom, namedTo }) =>
        kind !== 'manifest' && namedFrom === undefined && namedTo !== undefined,
    )
  }

  totals(): { readonly objects: number; readonly bytes: number; readonly damaged: number } {
    let [bytes, damaged] = [0, 0]
    for (const row of this.#rows.values()) {
      bytes += row.bytes
      if (row.damage !== '') damaged++
    }
    return { objects: this.#rows.size, bytes, damaged }
  }
}

const isNotSound = ({ verifiedAtUnixMs, damage }: StoredRow): boolean =>
  verifiedAtUnixMs === 0 || damage !== ''

const isNamedBy = ({ namedFrom, namedTo }: StoredRow, manifest: number): boolean =>
  namedFrom !== undefined && namedFrom <= manifest && (namedTo === undefined || manifest <= namedTo)
