/** Of one entry; a change of thousands of objects is found by its first ones, and by each of their ids. */
const maxWords = 500
const maxWordLength = 64

/**
 * The words of texts, in lower case, each once: runs of letters and digits. A question's word is found when a word of
 * the entry begins with it.
 */
export function wordsOf(...texts: readonly string[]): readonly string[] {
  const words = new Set<string>()
  for (const text of texts) {
    for (const [word] of text
      .normalize('NFKC')
      .toLowerCase()
      .matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
      words.add([...word].slice(0, maxWordLength).join(''))
      if (words.size >= maxWords) return [...words]
    }
  }
  return [...words]
}
