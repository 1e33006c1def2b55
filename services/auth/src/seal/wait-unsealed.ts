import type { Values } from '@holdfast/config'
import { type MethodTable, SealService, services } from '@holdfast/proto'
import {
  type App,
  createRpcServer,
  type Handlers,
  readTlsIdentity,
  type ServiceSpec,
} from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { NotSealed, Sealed, TooManyShards } from '../domain/errors.ts'
import { rateLimit } from '../sessions/rate-limit.ts'
import { type Joined, ShardPot } from './shard-pot.ts'

export interface Opened extends Joined {
  readonly refused: number
  readonly refusedCodes: readonly string[]
}

/** For everybody together; the gateway has a closer limit for each address. */
const rate = { perMinute: 60, burst: 30 }

/** Stops nobody from asking once it is open. */
export const openSeal: Handlers<typeof SealService> = {
  getSeal: async () => ({ isSealed: false, threshold: 0, given: 0 }),
  async unseal() {
    throw NotSealed({})
  },
}

/**
 * Waits for shards of the root key, with a server that takes them and answers everything else with `auth.sealed`: who
 * calls auth tries again, so all other services go on by themselves once it is open.
 */
export async function waitUnsealed(
  app: Pick<App<ServiceSpec>, 'telemetry' | 'readiness' | 'onDrain'> & {
    readonly settings: Values<ServiceSpec>
  },
  expected: readonly string[],
  now: () => number,
): Promise<Opened> {
  const { telemetry, settings } = app
  const pot = new ShardPot(expected)
  const limit = rateLimit(rate, now)
  let isSealed = true
  app.readiness('seal', () =>
    isSealed ? { isReady: false, reason: sealedReason(pot) } : { isReady: true },
  )
  const sealed = async (): Promise<never> => {
    throw Sealed({})
  }
  const server = createRpcServer({
    address: settings.grpcListen,
    tls: readTlsIdentity(settings),
    // Its metrics are not those of the service, which registers them again.
    telemetry: { ...telemetry, registry: createTelemetry('auth', { level: 'silent' }).registry },
    verify: sealed,
    reached: async () => undefined,
    durable: async (work) => await work(),
  })

  let open: (joined: Joined) => void = () => undefined
  const opened = new Promise<Joined>((resolve) => {
    open = resolve
  })
  // One after the other: two that come at once must both count.
  let last: Promise<unknown> = Promise.resolve()
  server.serve(SealService, {
    getSeal: async () => ({ isSealed, ...pot.status }),
    async unseal({ shard, startsOver }) {
      const refused = limit.take('unseal')
      if (refused) throw TooManyShards(refused)
      const mine = last.then(async () => {
        if (!isSealed) throw NotSealed({})
        if (startsOver) pot.startOver()
        return shard === '' && startsOver ? undefined : await pot.give(shard)
      })
      last = mine.catch(() => undefined)
      const joined = await mine
      const { threshold, given } = pot.status
      if (joined) {
        isSealed = false
        pot.startOver()
        open(joined)
      }
      return { isSealed, threshold, given }
    },
  })
  for (const [table, stub] of stubs(sealed)) server.serve(table, stub)

  const port = await server.listen()
  server.setServing(true)
  telemetry.log.warn({ port }, 'sealed: waiting for shards of the root key')
  app.onDrain(() => server.drain(0))
  const joined = await opened
  // The answer to the last shard goes out first.
  await server.drain(2_000)
  telemetry.log.info({ setId: joined.setId, shards: joined.shards }, 'unsealed')
  return { ...joined, refused: pot.refused, refusedCodes: pot.refusedCodes }
}

const sealedReason = ({ status: { threshold, given } }: ShardPot): string =>
  threshold === 0 ? 'sealed: no shard given yet' : `sealed: ${given} of ${threshold} shards given`

/** Every other method of auth, and of what every service has. */
function stubs(sealed: () => Promise<never>): readonly (readonly [MethodTable, never])[] {
  return Object.values(services)
    .filter((table: MethodTable) => table !== (SealService as MethodTable))
    .filter((table: MethodTable) =>
      Object.values(table).every(({ owner }) => owner === 'auth' || owner === 'ops'),
    )
    .map((table: MethodTable) => {
      const stub = Object.fromEntries(Object.keys(table).map((name) => [name, sealed]))
      return [table, stub as never] as const // every method of the table
    })
}
