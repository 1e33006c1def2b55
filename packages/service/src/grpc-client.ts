import { Client, credentials } from '@grpc/grpc-js'
import { connectionOptions } from './limits.ts'
import type { ChannelOptions } from './transport.ts'

/** A grpc-js client that believes the other end only when its certificate is ours and names the service. */
export function grpcClient({ address, service, tls }: ChannelOptions): Client {
  const { host, port } = address
  const secure = credentials.createSsl(tls.ca, tls.key, tls.cert, {
    // The name of a service is its identity; where it listens is not.
    checkServerIdentity: (_host, certificate) =>
      certificate.subject.CN === service
        ? undefined
        : new Error(`the certificate at ${host}:${port} is not that of ${service}`),
  })
  return new Client(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, secure, {
    ...connectionOptions,
    'grpc.ssl_target_name_override': service,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  })
}
