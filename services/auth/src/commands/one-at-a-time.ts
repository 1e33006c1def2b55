/** Runs work one after the other where it shares a name, and side by side where it does not. */
export interface OneAtATime {
  run<T>(names: readonly string[], work: () => Promise<T>): Promise<T>
}

/**
 * A lock within this process. What it protects must stay right without it when several instances run; it
 * spares the common case the detours.
 */
export function oneAtATime(): OneAtATime {
  const last = new Map<string, Promise<void>>()

  async function withName<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = last.get(name)
    let release = () => {}
    const mine = new Promise<void>((resolve) => {
      release = resolve
    })
    last.set(name, mine)
    await before
    try {
      return await work()
    } finally {
      release()
      if (last.get(name) === mine) last.delete(name)
    }
  }

  const nested = <T>(names: readonly string[], work: () => Promise<T>): Promise<T> => {
    const [first, ...rest] = names
    return first === undefined ? work() : withName(first, () => nested(rest, work))
  }

  // Always in the same order, so that two pieces of work never wait for each other.
  return { run: (names, work) => nested([...new Set(names)].sort(), work) }
}
