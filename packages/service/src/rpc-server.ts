import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { Method } from '@holdfast/proto'
import { MuxService } from '@holdfast/proto'
import { createDispatcher, type Dispatcher, type DispatcherOptions } from './dispatch.ts'
import { replyMetadata } from './exchange.ts'
import { healthDefinition, healthService } from './health-service.ts'
import { connectionOptions, defaultTimeoutMs, maxTimeoutMs } from './limits.ts'
import { requestKeys } from './metadata.ts'
import { type MuxSession, type MuxStream, serveMux } from './mux-server.ts'
import type { TlsIdentity } from './tls.ts'

export interface RpcServerOptions extends DispatcherOptions {
  readonly address: { readonly host: string; readonly port: number }
  readonly tls: TlsIdentity
}

/** The gRPC side of a service: unary methods, the mux and health, behind mutual TLS. */
export interface RpcServer {
  readonly serve: Dispatcher['serve']
  /** Starts taking connections; returns the port. Serve everything first. */
  listen(): Promise<number>
  /** What grpc.health.v1 answers. */
  setServing(isServing: boolean): void
  /** Takes nothing new, lets open calls finish for `graceMs`, cuts the rest. */
  drain(graceMs: number): Promise<void>
}

export function createRpcServer(options: RpcServerOptions): RpcServer {
  const dispatcher = createDispatcher(options)
  const server = new Server(connectionOptions)
  const sessions = new Set<MuxSession>()
  const health = healthService((service) =>
    [...dispatcher.methods.keys()].some((path) => path.startsWith(`/${service}/`)),
  )

  server.addService(healthDefinition, health.implementation)
  server.addService(
    { connect: definition(MuxService.connect) },
    {
      connect(stream: MuxStream) {
        const peer = commonName(stream)
        if (peer === undefined) {
          stream.emit('error', nameless)
          return
        }
        // The client takes this as "connected".
        stream.sendMetadata(new Metadata())
        const session = serveMux(stream, peer, dispatcher, () => sessions.delete(session))
        sessions.add(session)
      },
    },
  )

  return {
    serve(table, handlers) {
      dispatcher.serve(table, handlers)
      const service: Record<string, ServiceDefinition[string]> = {}
      const implementation: UntypedServiceImplementation = {}
      for (const [name, method] of Object.entries(table)) {
        service[name] = definition(method)
        implementation[name] = unary(dispatcher, method.path)
      }
      server.addService(service, implementation)
    },

    listen() {
      const { host, port } = options.address
      const { ca, cert, key } = options.tls
      const credentials = ServerCredentials.createSsl(
        ca,
        [{ private_key: key, cert_chain: cert }],
        true,
      )
      return new Promise((resolve, reject) => {
        const at = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
        server.bindAsync(at, credentials, (error, bound) => {
          if (error) reject(error)
          else resolve(bound)
        })
      })
    },

    setServing: (isServing) => health.setServing(isServing),

    async drain(graceMs) {
      health.setServing(false)
      for (const session of [...sessions]) session.drain()
      health.close()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          server.forceShutdown()
          resolve()
        }, graceMs)
        server.tryShutdown(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Unary requests and responses stay bytes here: the dispatcher encodes and decodes, as it does for the mux. */
function definition(method: Method): ServiceDefinition[string] {
  const { path, request, response, requestStream = false, responseStream = false } = method
  const isRaw = !requestStream
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: (value: unknown) => asBuffer(request.encode(value).finish()),
    requestDeserialize: (bytes: Buffer) => (isRaw ? bytes : request.decode(bytes)),
    responseSerialize: (value: unknown) =>
      asBuffer(value instanceof Uint8Array ? value : response.encode(value).finish()),
    responseDeserialize: (bytes: Buffer) => response.decode(bytes),
  }
}

const nameless = {
  code: status.UNAUTHENTICATED,
  details: 'the client certificate has no common name',
}

type UnaryCall = ServerUnaryCall<Uint8Array, Uint8Array>

/** Who is at the other end: the common name of a certificate the handshake has verified. */
function commonName(call: Pick<UnaryCall, 'getAuthContext'>): string | undefined {
  const name: unknown = call.getAuthContext()?.sslPeerCertificate?.subject?.CN
  return typeof name === 'string' && name !== '' ? name : undefined
}

const unary =
  (dispatcher: Dispatcher, path: string) =>
  (call: UnaryCall, callback: sendUnaryData<Uint8Array>): void => {
    const peer = commonName(call)
    if (peer === undefined) {
      callback(nameless)
      return
    }
    const metadata: Record<string, string> = {}
    for (const key of requestKeys) {
      const value = call.metadata.get(key)[0]
      if (typeof value === 'string') metadata[key] = value
    }
    const left = Number(call.getDeadline()) - Date.now()
    const giveUp = dispatcher.start(
      {
        path,
        request: call.request,
        metadata,
        peer,
        timeoutMs: Number.isFinite(left)
          ? Math.min(Math.max(left, 1), maxTimeoutMs)
          : defaultTimeoutMs,
      },
      (outgoing) => {
        const trailer = new Metadata()
        if (outgoing.ok) {
          for (const [key, value] of Object.entries(replyMetadata(outgoing.sequence))) {
            trailer.set(key, value)
          }
          callback(null, outgoing.response, trailer)
        } else {
          const { code, message, details } = outgoing.status
          trailer.set('grpc-status-details-bin', asBuffer(details))
          callback({ code, details: message, metadata: trailer })
        }
      },
    )
    call.on('cancelled', giveUp)
  }
