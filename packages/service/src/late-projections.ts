import type { Projections } from '@holdfast/projections'

/** Read models, for those who are composed before the models are open. */
export function lateProjections(opened: () => Projections | undefined): Projections {
  const now = (): Projections => {
    const projections = opened()
    if (projections === undefined) throw new Error('the read models are not open yet')
    return projections
  }
  return {
    reached: (sequence, signal) => now().reached(sequence, signal),
    rebuild: (name, signal) => now().rebuild(name, signal),
    check: (name, signal, onProgress) => now().check(name, signal, onProgress),
    hash: (name) => now().hash(name),
    status: () => now().status(),
    isReady: () => now().isReady(),
    get commands() {
      return now().commands
    },
    stop: () => now().stop(),
  }
}
