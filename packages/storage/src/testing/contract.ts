import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import type { KindDefinition } from '../kind.ts'
import { kindNamed, openKind } from '../open.ts'
import type { Values } from '../settings.ts'
import { type SurroundingsData, surroundingsOf } from '../surroundings.ts'
import type { Storage } from '../types.ts'
import { concurrencyRules } from './contract/concurrency.ts'
import { faultRules } from './contract/faults.ts'
import { hostRules } from './contract/hosts.ts'
import { objectRules } from './contract/objects.ts'
import { type Tamperer, tamperer } from './tampering.ts'

/** A real server of this machine, with a place for objects that is empty. */
export interface ContractTarget {
  /** All it listens on, on 127.0.0.1; none for kinds without a network. The suite reaches them by 127.0.0.2 as well. */
  readonly ports: readonly number[]
  config(host: string): Values
  /** The kind for a server there, when its address is no setting. */
  definition?(host: string): KindDefinition
  readonly credentials: Values
  /** Complete, and not right. */
  readonly wrongCredentials?: Values
  /** Besides what the suite sets. */
  readonly surroundings?: Partial<SurroundingsData>
  /** Leaves what an upload that was killed leaves, in the folder `left`. Absent: the kind leaves nothing. */
  readonly leave?: () => Promise<void>
  /** A place with room for less than 4 MiB. */
  readonly full?: { config(host: string): Values }
  stop(): Promise<void>
}

export interface ContractOptions {
  /** Whether a read that broke can go on where it was. Default true. */
  readonly resumes?: boolean
  /** Objects of the test of long lists. Default 240. */
  readonly many?: number
  /** Tests of the kind alone, against the same server. */
  readonly rules?: (contract: Contract) => void
}

export interface OpenOptions {
  readonly host?: string
  readonly idleMs?: number
  readonly credentials?: Values
  readonly config?: (host: string) => Values
  readonly allow?: readonly string[]
  readonly resolver?: (name: string) => Promise<readonly string[]>
}

/** What the rules are given. */
export interface Contract {
  readonly kind: string
  readonly options: ContractOptions
  readonly target: ContractTarget
  readonly network: Tamperer
  /** A prefix no other test uses. */
  prefix(): string
  /** Closed after the test. */
  open(options?: OpenOptions): Promise<Storage>
}

export const allowLoopback = ['127.0.0.0/8']

/**
 * What every kind of storage keeps, against a real server: called once in `<kind>.int.test.ts`. `start` answers a reason
 * (`skipped: …`) where the server cannot be had.
 */
export function storageContract(
  kind: string,
  start: () => Promise<ContractTarget | string>,
  options: ContractOptions = {},
): void {
  let target: ContractTarget | string = 'skipped: not started'
  let network: Tamperer | undefined
  let count = 0
  const opened: Storage[] = []

  const contract: Contract = {
    kind,
    options,
    get target() {
      if (typeof target === 'string') throw new Error(target)
      return target
    },
    get network() {
      if (!network) throw new Error('not started')
      return network
    },
    prefix: () => `contract-${++count}`,
    async open(given = {}) {
      const at = contract.target
      const config = given.config ?? ((host: string) => at.config(host))
      const surroundings = surroundingsOf(
        {
          egressAllow: given.allow ?? allowLoopback,
          localBase: '/nonexistent',
          localRoots: [],
          ...at.surroundings,
          timeouts: { connectMs: 5_000, idleMs: given.idleMs ?? 20_000 },
        },
        given.resolver ? { resolver: given.resolver } : {},
      )
      const credentials = given.credentials ?? at.credentials
      const host = given.host ?? '127.0.0.1'
      const definition = at.definition?.(host) ?? kindNamed(kind)
      if (!definition) throw new Error(`no kind ${kind}`)
      const storage = await openKind(definition, config(host), credentials, surroundings)
      opened.push(storage)
      return storage
    },
  }

  describe(`storage of kind ${kind}`, () => {
    beforeAll(async () => {
      target = await start()
      if (typeof target === 'string') process.stdout.write(`${kind}: ${target}\n`)
      else network = await tamperer(target.ports)
    })
    afterAll(async () => {
      await network?.close()
      if (typeof target !== 'string') await target.stop()
    })
    beforeEach(({ skip }) => {
      if (typeof target === 'string') skip(target)
    })
    afterEach(async () => {
      network?.heal()
      await Promise.all(opened.splice(0).map((storage) => storage.close()))
    })
    objectRules(contract)
    concurrencyRules(contract)
    faultRules(contract)
    hostRules(contract)
    options.rules?.(contract)
  })
}
