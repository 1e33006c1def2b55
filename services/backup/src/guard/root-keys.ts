import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { replaceDurably } from '@holdfast/service'

/** Fingerprints of the root key of this instance, and of those before it, the last one first. */
export interface RootKeyNames {
  readonly present: string
  readonly former: readonly string[]
}

/** What auth says of its root key. */
export interface ToldRootKey {
  readonly recipient: string
  readonly rootKeyFingerprint: string
  readonly formerFingerprints: readonly string[]
}

const pattern = /^[0-9a-f]{32}$/

/**
 * Which root keys the archive may be of. The settings say it at the start, before auth can be asked; a rotation while
 * this process runs is told by auth, and kept beside the position file: settings of a process that is started again may
 * still be those from before.
 */
export class RootKeys {
  readonly #path: string
  #names: RootKeyNames
  #recipient: string | undefined

  constructor(directory: string, given: RootKeyNames) {
    this.#path = join(directory, 'root-keys.json')
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    this.#names = merged(given, readNames(this.#path))
  }

  get present(): string {
    return this.#names.present
  }
  get former(): readonly string[] {
    return this.#names.former
  }

  /** The recipient that follows from the present root key, as auth last told it. */
  get recipient(): string | undefined {
    return this.#recipient
  }

  /** True when it is another root key than before. On disk before anything is written in its name. */
  async learn(told: ToldRootKey): Promise<boolean> {
    const { rootKeyFingerprint: present } = told
    const isOther = present !== this.#names.present
    if (isOther) {
      const others = [...told.formerFingerprints, this.#names.present, ...this.#names.former]
      const former = [...new Set(others)].filter((each) => each !== present)
      await replaceDurably(this.#path, `${JSON.stringify({ present, former })}\n`, 0o600)
      this.#names = { present, former }
    }
    this.#recipient = told.recipient
    return isOther
  }
}

/** What was learned goes before what is given, unless that has gone on to a root key nobody learned of. */
function merged(given: RootKeyNames, learned: RootKeyNames | undefined): RootKeyNames {
  if (!learned) return given
  const isBehind = learned.former.includes(given.present)
  const present = isBehind ? learned.present : given.present
  const all = isBehind
    ? [...learned.former, given.present, ...given.former]
    : [...given.former, learned.present, ...learned.former]
  return { present, former: [...new Set(all)].filter((each) => each !== present) }
}

/** A file that cannot be read says nothing: auth tells it again. */
function readNames(path: string): RootKeyNames | undefined {
  try {
    const { present, former } = JSON.parse(readFileSync(path, 'utf8'))
    const all: readonly unknown[] = [present, ...former]
    const isOurs = all.every((each) => typeof each === 'string' && pattern.test(each))
    return isOurs ? { present, former } : undefined
  } catch {
    return undefined
  }
}
