import type { Method, MethodTable } from '@holdfast/proto'
import { injectTrace, span } from '@holdfast/telemetry'
import { defaultTimeoutMs, maxMessageBytes, maxTimeoutMs } from './limits.ts'
import { keys, writeMetadata } from './metadata.ts'
import { openMuxTransport } from './mux-transport.ts'
import { RpcTooLarge } from './rpc-errors.ts'
import type { ChannelOptions } from './transport.ts'
import type { CallOptions, Client } from './types.ts'
import { openUnaryTransport } from './unary-transport.ts'

/** One long-lived connection to a service; every client made of it shares it. */
export interface Channel {
  client<T extends MethodTable>(table: T): Client<T>
  isConnected(): boolean
  /** Lets open calls finish for `graceMs` (default 1,000), then disconnects. */
  close(graceMs?: number): Promise<void>
}

/** Connects in the background and stays connected; calls made meanwhile wait for the attempt at hand. */
export function openChannel(options: ChannelOptions): Channel {
  const transport =
    options.transport === 'unary' ? openUnaryTransport(options) : openMuxTransport(options)
  const { tracer } = options.telemetry

  async function call(method: Method, wish: unknown, given: CallOptions = {}): Promise<unknown> {
    const request = method.request.encode(wish).finish()
    if (request.length > maxMessageBytes) {
      throw RpcTooLarge({ bytes: request.length, limit: maxMessageBytes })
    }
    given.signal?.throwIfAborted()
    const name = method.path.slice(1)
    const { response, metadata } = await span(
      tracer,
      name,
      { 'rpc.system.name': 'grpc', 'rpc.method': name },
      async (active) => {
        const headers = writeMetadata(given)
        injectTrace(headers)
        const answer = await transport.send({
          path: method.path,
          request,
          metadata: headers,
          timeoutMs: Math.min(
            Math.max(Math.ceil(given.timeoutMs ?? defaultTimeoutMs), 1),
            maxTimeoutMs,
          ),
          signal: given.signal,
        })
        active.setAttribute('rpc.response.status_code', 'OK')
        return answer
      },
      { kind: 'client' },
    )
    const sequence = metadata[keys.sequence]
    if (sequence !== undefined) given.onSequence?.(BigInt(sequence))
    return method.response.decode(response)
  }

  return {
    client<T extends MethodTable>(table: T): Client<T> {
      const entries = Object.entries(table).map(([name, method]) => [
        name,
        (wish: unknown, given?: CallOptions) => call(method, wish, given),
      ])
      // Built from the table, method by method, so it has the table's shape.
      return Object.freeze(Object.fromEntries(entries)) as Client<T>
    },
    isConnected: () => transport.isConnected(),
    close: (graceMs = 1_000) => transport.close(graceMs),
  }
}
