/** The text of `nft list table`, taken apart. */

/** Lines of a chain, counter, limit or set, numbers decimal. */
export type Block = readonly string[]

/** By kind and name, for example `chain d0-ingress`. */
export function blocksOf(listing: string): ReadonlyMap<string, Block> {
  const blocks = new Map<string, string[]>()
  let block: string[] | undefined
  for (const raw of listing.split('\n')) {
    const line = raw.trim()
    const opening = /^(chain|counter|limit|set) "?([^\s"]+)"? \{$/.exec(line)
    if (opening !== null) {
      block = []
      blocks.set(`${opening[1]} ${opening[2]}`, block)
    } else if (line === '}') block = undefined
    else if (line !== '') block?.push(numbered(line))
  }
  return blocks
}

/** Versions of nft differ in which numbers they print as hexadecimal; text in quotes stays. */
export const numbered = (line: string): string =>
  line.replace(/"[^"]*"|\b0x[0-9a-f]+\b/g, (found) =>
    found.startsWith('"') ? found : String(Number.parseInt(found, 16)),
  )

/** The words of one rule, read from the left; text in quotes is one word. */
export class Words {
  readonly #words: readonly string[]
  #at = 0

  constructor(rule: string) {
    this.#words = rule.match(/"[^"]*"|\S+/g) ?? []
  }

  get isAtEnd(): boolean {
    return this.#at === this.#words.length
  }

  /** Goes on if these come next. */
  take(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.#words[this.#at + i] === word)) return false
    this.#at += words.length
    return true
  }

  /** Empty at the end. */
  next(): string {
    return this.#words[this.#at++] ?? ''
  }

  /** What comes before the word, which is gone as well. */
  until(word: string): string {
    const found: string[] = []
    while (!this.isAtEnd && !this.take(word)) found.push(this.next())
    return found.join(' ')
  }
}
