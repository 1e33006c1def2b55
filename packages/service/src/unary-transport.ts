import { Metadata, type ServiceError } from '@grpc/grpc-js'
import { fromGrpcStatus } from '@holdfast/errors'
import { grpcClient } from './grpc-client.ts'
import { keys } from './metadata.ts'
import type { ChannelOptions, Received, Transport } from './transport.ts'

/** The public face: plain unary gRPC. */
export function openUnaryTransport(options: ChannelOptions): Transport {
  const client = grpcClient(options)
  const same = (bytes: Uint8Array): Buffer =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

  return {
    send({ path, request, metadata, timeoutMs, signal }) {
      return new Promise<Received>((resolve, reject) => {
        const sent = new Metadata()
        for (const [key, value] of Object.entries(metadata)) sent.set(key, value)
        let failure: ServiceError | undefined
        let response: Uint8Array | undefined
        const call = client.makeUnaryRequest(
          path,
          same,
          (bytes: Buffer) => bytes,
          request,
          sent,
          { deadline: Date.now() + timeoutMs },
          (error, bytes) => {
            failure = error ?? undefined
            response = bytes
          },
        )
        const abort = (): void => call.cancel()
        signal?.addEventListener('abort', abort, { once: true })
        // The status comes last and brings the trailing metadata.
        call.on('status', (status) => {
          signal?.removeEventListener('abort', abort)
          if (signal?.aborted) reject(signal.reason)
          else if (failure || response === undefined) {
            const details = status.metadata.get('grpc-status-details-bin')[0]
            reject(
              fromGrpcStatus({
                code: status.code,
                message: status.details,
                details: typeof details === 'string' ? undefined : details,
              }),
            )
          } else {
            const sequence = status.metadata.get(keys.sequence)[0]
            resolve({
              response,
              metadata: typeof sequence === 'string' ? { [keys.sequence]: sequence } : {},
            })
          }
        })
      })
    },
    isConnected: () => client.getChannel().getConnectivityState(false) === 2,
    close() {
      client.close()
      return Promise.resolve()
    },
  }
}
