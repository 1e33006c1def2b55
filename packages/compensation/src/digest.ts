import { createHash, type Hash } from 'node:crypto'

/** Hashes values whatever the order of keys; what is undefined is absent. Every value has exactly one form. */
function take(hash: Hash, value: unknown): void {
  if (Array.isArray(value)) {
    hash.update(`[${value.length}`)
    for (const item of value) take(hash, item)
  } else if (typeof value === 'object' && value !== null) {
    // as: data of records, see Compensable
    const record = value as Readonly<Record<string, unknown>>
    const keys = Object.keys(record).filter((key) => record[key] !== undefined)
    hash.update(`{${keys.length}`)
    for (const key of keys.sort()) {
      hash.update(JSON.stringify(key))
      take(hash, record[key])
    }
  } else {
    hash.update(typeof value === 'bigint' ? `${value}n;` : `${JSON.stringify(value) ?? 'u'};`)
  }
}

/** SHA-256 of values in this order. */
export function digestOf(values: Iterable<unknown>): Uint8Array {
  const hash = createHash('sha256')
  for (const value of values) take(hash, value)
  return new Uint8Array(hash.digest())
}
