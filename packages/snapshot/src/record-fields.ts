import { isJsonObject, type Json, type JsonObject } from './strict-json.ts'

/** One field of a record that cannot be taken. */
export interface RecordFault {
  readonly field: string
  readonly detail: string
}

/** Like `Parsed` of packages/net, as far as it is needed here. */
type Judged<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly detail: string }

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/**
 * Reads a record field by field with bounds and remembers what is wrong with it, so that all of it can be said at once.
 * A faulty field reads as the value given for it; ask `faults` before anything is made of the record.
 */
export class RecordFields {
  readonly #record: JsonObject
  readonly #prefix: string
  readonly #faults: RecordFault[]

  constructor(record: JsonObject, prefix = '', faults: RecordFault[] = []) {
    this.#record = record
    this.#prefix = prefix
    this.#faults = faults
  }

  get faults(): readonly RecordFault[] {
    return this.#faults
  }

  has(field: string): boolean {
    const value = this.#record[field]
    return value !== undefined && value !== null
  }

  /** For a rule of the contributor's own. */
  refuse(field: string, detail: string): void {
    this.#faults.push({ field: `${this.#prefix}${field}`, detail })
  }

  /** `otherwise` when it is absent; must be there when that is not given. Never holds control characters. */
  text(field: string, maxLength: number, otherwise?: string): string {
    const value = this.#value(field, otherwise !== undefined)
    if (value === undefined) return otherwise ?? ''
    if (typeof value !== 'string') this.refuse(field, 'must be text')
    else if (value.length > maxLength) this.refuse(field, `must be at most ${maxLength} characters`)
    else if (controls.test(value)) this.refuse(field, 'must not hold control characters')
    else if (value === '' && otherwise === undefined) this.refuse(field, 'must not be empty')
    else return value
    return otherwise ?? ''
  }

  /** With line breaks and tabs. */
  prose(field: string, maxLength: number): string {
    const value = this.#value(field, true)
    if (value === undefined) return ''
    if (typeof value !== 'string') this.refuse(field, 'must be text')
    else if (value.length > maxLength) this.refuse(field, `must be at most ${maxLength} characters`)
    else if (controls.test(value.replace(/[\n\r\t]/g, ''))) {
      this.refuse(field, 'must not hold control characters')
    } else return value
    return ''
  }

  flag(field: string, otherwise?: boolean): boolean {
    const value = this.#value(field, otherwise !== undefined)
    if (value === undefined) return otherwise ?? false
    if (typeof value === 'boolean') return value
    this.refuse(field, 'must be true or false')
    return otherwise ?? false
  }

  integer(field: string, min: number, max: number, otherwise?: number): number {
    const value = this.#value(field, otherwise !== undefined)
    if (value === undefined) return otherwise ?? min
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value
    }
    this.refuse(field, `must be a whole number from ${min} to ${max}`)
    return otherwise ?? min
  }

  word<W extends string>(field: string, words: readonly W[], otherwise?: W): W | undefined {
    const value = this.#value(field, otherwise !== undefined)
    if (value === undefined) return otherwise
    const found = words.find((word) => word === value)
    if (found === undefined) this.refuse(field, `must be one of ${words.join(', ')}`)
    return found ?? otherwise
  }

  /** Absent is empty. */
  texts(field: string, maxItems: number, maxLength: number): readonly string[] {
    return this.#items(field, maxItems).flatMap((item, at) => {
      const isFine = typeof item === 'string' && item.length <= maxLength && !controls.test(item)
      if (isFine) return [item]
      this.refuse(
        `${field}[${at}]`,
        `must be text of at most ${maxLength} characters, none of them control characters`,
      )
      return []
    })
  }

  /** A reader of each object of a list, sharing `faults`. Absent is empty. */
  objects(field: string, maxItems: number): readonly RecordFields[] {
    return this.#items(field, maxItems).flatMap((item, at) => {
      const path = `${field}[${at}]`
      if (isJsonObject(item)) {
        return [new RecordFields(item, `${this.#prefix}${path}.`, this.#faults)]
      }
      this.refuse(path, 'must be an object')
      return []
    })
  }

  /** A reader of the object in it, sharing `faults`; undefined when it is absent. */
  object(field: string): RecordFields | undefined {
    const value = this.#value(field, true)
    if (value === undefined) return undefined
    if (isJsonObject(value)) {
      return new RecordFields(value, `${this.#prefix}${field}.`, this.#faults)
    }
    this.refuse(field, 'must be an object')
    return undefined
  }

  /** As a parser of packages/net takes it: `fields.parsed('endpoint', 300, parseEndpoint)`. Absent is undefined. */
  parsed<T>(field: string, maxLength: number, parse: (text: string) => Judged<T>): T | undefined {
    if (!this.has(field)) return undefined
    const before = this.#faults.length
    const text = this.text(field, maxLength)
    if (this.#faults.length > before) return undefined
    const judged = parse(text)
    if (judged.ok) return judged.value
    this.refuse(field, judged.detail)
    return undefined
  }

  /** Names that are in the record and not among these: a nested object's, the top's are stripped already. */
  allow(...fields: readonly string[]): void {
    for (const name of Object.keys(this.#record)) {
      if (!fields.includes(name)) this.refuse(name.slice(0, 60), 'is not known here')
    }
  }

  #value(field: string, isOptional: boolean): Exclude<Json, null> | undefined {
    const value = this.#record[field]
    if (value !== undefined && value !== null) return value
    if (!isOptional) this.refuse(field, 'is missing')
    return undefined
  }

  #items(field: string, maxItems: number): readonly Json[] {
    const value = this.#value(field, true)
    if (value === undefined) return []
    if (!Array.isArray(value)) {
      this.refuse(field, 'must be a list')
      return []
    }
    const items: readonly Json[] = value
    if (items.length <= maxItems) return items
    this.refuse(field, `must have at most ${maxItems} entries`)
    return []
  }
}
