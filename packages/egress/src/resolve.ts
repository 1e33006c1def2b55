import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { EgressFailed, EgressRefused } from './errors.ts'
import type { EgressPolicy } from './policy.ts'
import { refusalText } from './target.ts'

/** All addresses of a name, in the order to try them. Rejects when there are none. */
export type Resolver = (name: string) => Promise<readonly string[]>

/** As every program on this machine resolves: /etc/hosts, then DNS. */
export const systemResolver: Resolver = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address)

const maxAddresses = 32

/**
 * Addresses of a host that may be connected to. One bad address among the answers refuses them all: whoever answers so
 * means to be let in by chance. Rejects with EgressRefused, or EgressFailed when nothing is found.
 */
export async function resolveHost(
  host: string,
  policy: EgressPolicy,
  resolver: Resolver,
  options: { readonly isPlain: boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const addresses = isIP(host) !== 0 ? [host] : await named(host, resolver, options.signal)
  if (addresses.length === 0 || addresses.length > maxAddresses) {
    throw new EgressFailed('name', `${host} has ${addresses.length} addresses`)
  }
  for (const address of addresses) {
    const why = policy.refusal(address)
    if (why !== undefined) throw new EgressRefused(refusalText(why))
    if (options.isPlain && !policy.isAllowed(address)) {
      throw new EgressRefused(
        'an unencrypted connection only goes where the operator allows it (HOLDFAST_EGRESS_ALLOW)',
      )
    }
  }
  return addresses
}

/** getaddrinfo cannot be cancelled, so it is only waited for until the signal. */
async function named(
  host: string,
  resolver: Resolver,
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted()
  return await new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    resolver(host)
      .then(resolve, () => reject(new EgressFailed('name', `${host} cannot be resolved`)))
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
