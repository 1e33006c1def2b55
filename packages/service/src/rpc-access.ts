import type { Method } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import { type Channel, openChannel } from './channel.ts'
import type { Role } from './permissions.ts'
import { createRpcServer } from './rpc-server.ts'
import { noRevocations, testTokens } from './test-tokens.ts'
import { throwawayAuthority } from './throwaway-tls.ts'
import type { TlsIdentity } from './tls.ts'
import { accessTokenIssuer, tokenVerifier } from './tokens.ts'

/** A server of all given methods, whose handlers do nothing but count. */
export interface RpcAccess {
  /** Calls as a service (default `gateway`), with a token or without. */
  call(
    transport: 'mux' | 'unary',
    method: Method,
    as: { readonly service?: string; readonly accessToken?: string },
  ): Promise<unknown>
  token(bindings: readonly (readonly [Role, string])[]): Promise<string>
  /** How many calls have reached a handler. */
  handled(): number
  close(): Promise<void>
}

/** For proving who is admitted to what, over real connections. */
export async function rpcAccess(methods: readonly Method[]): Promise<RpcAccess> {
  const authority = await throwawayAuthority()
  const tokens = testTokens()
  const telemetry = createTelemetry('test', { level: 'silent' })
  const verifier = tokenVerifier({
    issuer: accessTokenIssuer(tokens.lineageId),
    keys: tokens.keys,
    revocations: noRevocations,
  })
  let handled = 0
  const server = createRpcServer({
    address: { host: '127.0.0.1', port: 0 },
    tls: await authority.identity('server'),
    telemetry,
    verify: verifier.verify,
    reached: () => Promise.resolve(),
    durable: async (work) => work(),
  })
  const table = Object.fromEntries(methods.map((method) => [method.path, method]))
  const count = () => {
    handled += 1
    return {}
  }
  server.serve(table, Object.fromEntries(methods.map(({ path }) => [path, count])))
  const port = await server.listen()

  const identities = new Map<string, Promise<TlsIdentity>>()
  const channels = new Map<string, Promise<Channel>>()
  const identity = (name: string): Promise<TlsIdentity> => {
    const known = identities.get(name) ?? authority.identity(name)
    identities.set(name, known)
    return known
  }
  const channel = (transport: 'mux' | 'unary', name: string): Promise<Channel> => {
    const key = `${transport} ${name}`
    const known =
      channels.get(key) ??
      identity(name).then((tls) =>
        openChannel({
          address: { host: '127.0.0.1', port },
          service: 'server',
          tls,
          telemetry,
          transport,
        }),
      )
    channels.set(key, known)
    return known
  }

  return {
    async call(transport, method, { service = 'gateway', accessToken }) {
      const opened = await channel(transport, service)
      const { it } = opened.client({ it: method })
      return it({}, accessToken === undefined ? {} : { accessToken })
    },
    token: (bindings) => tokens.issue(bindings),
    handled: () => handled,
    async close() {
      for (const opened of channels.values()) await (await opened).close()
      await server.drain(500)
    },
  }
}
