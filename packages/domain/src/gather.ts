/**
 * Asks for many at once what is asked for one by one. A question goes out at once when none is under way;
 * those that come meanwhile go together in the next, never along with the one at hand: it began before they
 * were asked, and might not know what they have to see.
 *
 * `fetch` answers each question at its own place and gets at most `max` of them. When it fails, those fail
 * that it was asked for.
 */
export function gather<Q, A>(
  fetch: (questions: readonly Q[]) => Promise<readonly A[]>,
  max = 500,
): (question: Q) => Promise<A> {
  interface Waiting {
    readonly question: Q
    readonly resolve: (answer: A) => void
    readonly reject: (reason: unknown) => void
  }
  const waiting: Waiting[] = []
  let isAsking = false

  async function ask(): Promise<void> {
    isAsking = true
    while (waiting.length > 0) {
      const asked = waiting.splice(0, max)
      try {
        const answers = await fetch(asked.map(({ question }) => question))
        if (answers.length !== asked.length) throw new RangeError('not one answer a question')
        // as: there is one at each place, and undefined may be one
        asked.forEach(({ resolve }, at) => void resolve(answers[at] as A))
      } catch (error) {
        for (const { reject } of asked) reject(error)
      }
    }
    isAsking = false
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject })
      if (!isAsking) void ask()
    })
}
