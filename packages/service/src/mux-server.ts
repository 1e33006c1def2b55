import { type ServerDuplexStream, status } from '@grpc/grpc-js'
import { toGrpcStatus } from '@holdfast/errors'
import type { holdfast } from '@holdfast/proto'
import type { Dispatcher } from './dispatch.ts'
import { type Outgoing, replyMetadata } from './exchange.ts'
import { frameWriter } from './frame-writer.ts'
import { defaultTimeoutMs, maxServing, maxTimeoutMs } from './limits.ts'
import { RpcDraining } from './rpc-errors.ts'

type ConnectRequest = ReturnType<typeof holdfast.mux.v1.ConnectRequest.decode>
type ConnectResponse = holdfast.mux.v1.ConnectResponse.$Properties
type Reply = holdfast.mux.v1.Reply.$Properties

export type MuxStream = ServerDuplexStream<ConnectRequest, ConnectResponse>

/** One connected client. */
export interface MuxSession {
  /** Answers new calls with `rpc.draining`, lets the open ones finish, then ends the stream. */
  drain(): void
}

/** What a reply weighs besides its response, roughly; frames are cut by it. */
const replyOverhead = 32

/**
 * Serves the calls of one stream. Reading stops while the client does not take its replies, and while too
 * many calls are at work; the connection's flow control carries that to the client.
 */
export function serveMux(
  stream: MuxStream,
  peer: string,
  dispatcher: Dispatcher,
  onEnd: () => void,
): MuxSession {
  const open = new Map<number, () => void>()
  let isDraining = false
  let isOver = false

  const writer = frameWriter<Reply, ConnectResponse>(
    stream,
    (replies) => ({ replies }),
    () => regulate(),
  )

  function regulate(): void {
    if (writer.isBlocked() || open.size >= maxServing) stream.pause()
    else if (stream.isPaused()) stream.resume()
  }

  function close(): void {
    if (isOver || open.size > 0 || !isDraining) return
    writer.whenEmpty(() => {
      if (isOver) return
      isOver = true
      stream.end()
      onEnd()
    })
  }

  function answer(id: number, outgoing: Outgoing): void {
    open.delete(id)
    if (isOver) return
    if (outgoing.ok) {
      const { response, sequence } = outgoing
      const reply = sequence === undefined ? {} : { metadata: replyMetadata(sequence) }
      writer.push({ id, response, ...reply }, response.length + replyOverhead)
    } else {
      const { code, message, details } = outgoing.status
      const bytes = message.length + details.length + replyOverhead
      writer.push({ id, code, errorMessage: message, errorDetails: details }, bytes)
    }
    regulate()
    close()
  }

  function abandon(): void {
    if (isOver) return
    isOver = true
    for (const giveUp of [...open.values()]) giveUp()
    onEnd()
  }

  stream.on('data', (frame: ConnectRequest) => {
    if (isOver) return
    for (const { id, method, request, timeoutMs, metadata } of frame.calls) {
      if (id === undefined || id === null || open.has(id)) {
        // How this library ends a stream with a status; `destroy` would end it without one.
        stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'a call id is in use' })
        return
      }
      if (isDraining) {
        answer(id, { ok: false, status: toGrpcStatus(RpcDraining({})) })
        continue
      }
      const giveUp = dispatcher.start(
        {
          path: method ?? '',
          request: request ?? new Uint8Array(),
          metadata: metadata ?? {},
          peer,
          timeoutMs: Math.min(timeoutMs || defaultTimeoutMs, maxTimeoutMs),
        },
        (outgoing) => {
          // A cancelled call is no longer open, and its id may already be another's.
          if (open.get(id) === giveUp) answer(id, outgoing)
        },
      )
      open.set(id, giveUp)
    }
    // After the calls: one that was given up in the same turn is in both lists.
    for (const id of frame.cancelled) {
      const giveUp = open.get(id)
      // Nobody waits for the reply: the id is free again before the call is given up.
      open.delete(id)
      giveUp?.()
    }
    regulate()
  })
  stream.on('end', () => {
    isDraining = true
    close()
  })
  stream.on('cancelled', abandon)
  stream.on('error', abandon)

  return {
    drain() {
      isDraining = true
      close()
    },
  }
}
