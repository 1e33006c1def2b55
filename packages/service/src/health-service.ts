import type {
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'

// grpc.health.v1, for probes that speak gRPC. Written out, because the official package reads its .proto from
// disk when loaded, and services ship as one bundle.

const serving = 1
const notServing = 2

/** `HealthCheckResponse { status = 1 }`. */
const encode = (value: number): Buffer => Buffer.from([0x08, value])

/** `HealthCheckRequest { service = 1 }`: anything but the empty name is a particular service. */
function serviceName(request: Buffer): string {
  const length = request[1] ?? 0
  return request[0] === 0x0a && length < 0x80 ? request.toString('utf8', 2, 2 + length) : ''
}

const same = (value: Buffer): Buffer => value
const method = (path: string, responseStream: boolean) => ({
  path,
  requestStream: false,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
})

export const healthDefinition: ServiceDefinition = {
  Check: method('/grpc.health.v1.Health/Check', false),
  Watch: method('/grpc.health.v1.Health/Watch', true),
}

export interface HealthService {
  readonly implementation: UntypedServiceImplementation
  /** Tells those who watch. */
  setServing(isServing: boolean): void
  /** Ends every watch, so that a drain need not wait for them. */
  close(): void
}

/** `knows` says whether a service of that full name is served here; the empty name is the whole process. */
export function healthService(knows: (service: string) => boolean): HealthService {
  let current = notServing
  const watchers = new Set<ServerWritableStream<Buffer, Buffer>>()
  return {
    implementation: {
      Check(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
        const service = serviceName(call.request)
        if (service === '' || knows(service)) callback(null, encode(current))
        else callback({ code: status.NOT_FOUND, details: 'unknown service' })
      },
      Watch(call: ServerWritableStream<Buffer, Buffer>) {
        watchers.add(call)
        call.on('cancelled', () => watchers.delete(call))
        call.write(encode(current))
      },
    },
    setServing(isServing) {
      const next = isServing ? serving : notServing
      if (next === current) return
      current = next
      for (const watcher of watchers) watcher.write(encode(current))
    },
    close() {
      for (const watcher of watchers) watcher.end()
      watchers.clear()
    },
  }
}
