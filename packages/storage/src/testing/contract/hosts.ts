import { DomainError } from '@holdfast/errors'
import { beforeEach, describe, expect, test } from 'vitest'
import { StorageRefused } from '../../errors.ts'
import { bodyOf } from '../content.ts'
import type { Contract, OpenOptions } from './target.ts'

/** A name the certificates of the servers are for. */
export const contractHost = 'store.test'

/** Refused when it was typed, or when it was to be connected to. */
const isRefused = (error: unknown): boolean =>
  StorageRefused.is(error) || (error instanceof DomainError && error.code === 'invalid')

export function hostRules(contract: Contract): void {
  describe('addresses', () => {
    beforeEach(({ skip }) => {
      if (contract.target.ports.length === 0) skip('it has no network')
    })
    const using = async (options: OpenOptions): Promise<void> => {
      const storage = await contract.open(options)
      await storage.put('addresses/object', bodyOf(Buffer.from('x')))
      await storage.close()
    }
    const resolves = (...addresses: readonly string[]) => ({
      host: contractHost,
      resolver: async () => addresses,
    })

    test.for([
      '127.0.0.1',
      '127.0.0.2',
      '169.254.169.254',
      '::1',
      '::ffff:127.0.0.2',
      'fe80::1',
      '10.1.2.3',
      '0.0.0.0',
    ])('a name that is %s now is refused unless the operator allows it', async (address) => {
      const { connections } = contract.network
      // Something is allowed, so that kinds without encryption get as far as asking for addresses.
      for (const allow of contract.amounts.alsoAllowed)
        await expect(using({ ...resolves(address), allow })).rejects.toSatisfy(isRefused)
      await expect(
        using({ ...resolves('192.0.2.1', address), allow: ['192.0.2.0/24'] }),
      ).rejects.toSatisfy(isRefused)
      expect(contract.network.connections).toBe(connections)
    })

    test.for(['127.0.0.2', '127.2', '0x7f.2', '2130706434', '0177.0.0.2', 'localhost', '[::1]'])(
      '%s is refused unless the operator allows it',
      async (host) => {
        const { connections } = contract.network
        const resolver = async () => ['127.0.0.2']
        for (const allow of contract.amounts.alsoAllowed)
          await expect(using({ host, resolver, allow })).rejects.toSatisfy(isRefused)
        expect(contract.network.connections).toBe(connections)
      },
    )

    test('what the operator allows is connected to, by the address that was judged', async () => {
      const { connections } = contract.network
      await using({ ...resolves(contract.network.host), allow: ['127.0.0.2/32'] })
      expect(contract.network.connections).toBeGreaterThan(connections)
    })

    test('a name is judged at every connection, not once', async () => {
      const allow = ['127.0.0.2/32']
      let addresses = [contract.network.host]
      const changing = { host: contractHost, resolver: async () => addresses, allow }
      await using(changing)
      // The server listens there as well; nobody may go there.
      addresses = ['127.0.0.1']
      await expect(using(changing)).rejects.toSatisfy(StorageRefused.is)
      addresses = ['169.254.169.254']
      await expect(using(changing)).rejects.toSatisfy(StorageRefused.is)
      addresses = [contract.network.host]
      await using(changing)
    })
  })
}
