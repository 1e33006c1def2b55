import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { kindNamed, openKind } from '../open.ts'
import { surroundingsOf } from '../surroundings.ts'
import type { Storage } from '../types.ts'
import { concurrencyRules } from './contract/concurrency.ts'
import { faultRules } from './contract/faults.ts'
import { hostRules } from './contract/hosts.ts'
import { objectRules } from './contract/objects.ts'
import {
  allowLoopback,
  amountsOf,
  type Contract,
  type ContractOptions,
  type ContractTarget,
} from './contract/target.ts'
import { type Tamperer, tamperer } from './tampering.ts'

export { allowLoopback, type Contract, type ContractTarget } from './contract/target.ts'

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
    amounts: amountsOf(options),
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
