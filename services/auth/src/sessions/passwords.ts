import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { Busy } from '../domain/errors.ts'
import { normalizePassword } from '../domain/password-policy.ts'

/** Hashes and verifies passwords, two at a time. */
export interface Passwords {
  /** Argon2id in PHC form: parameters and salt stand in the text, so they can be raised later. */
  hash(password: string): Promise<string>
  verify(hash: string, password: string): Promise<boolean>
  /** Takes as long as `verify` and is never true: what an unknown name is answered with. */
  verifyNothing(password: string): Promise<false>
}

// The OWASP profile: Argon2id (the library's default), 19 MiB, 2 passes, 1 lane
// (research/perf-ceilings.md §13).
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

// More at once would only be slower: the hash is bound by memory, and the thread pool serves files too.
const atOnce = 2
const maxWaiting = 100

/** Beyond 100 waiting callers the answer is `auth.busy`. */
export function openPasswords(): Passwords {
  let running = 0
  const waiting: (() => void)[] = []

  async function turn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= maxWaiting) throw Busy({})
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running++
    }
    try {
      return await work()
    } finally {
      // The turn passes on to who waits, or is given back.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  let nobody: Promise<string> | undefined

  return {
    hash: (password) => turn(() => hash(normalizePassword(password), parameters)),
    verify: (stored, password) => turn(() => verify(stored, normalizePassword(password))),
    async verifyNothing(password) {
      nobody ??= hash(randomBytes(32), parameters)
      const stored = await nobody
      await turn(() => verify(stored, normalizePassword(password)))
      return false
    },
  }
}
