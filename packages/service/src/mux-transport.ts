import type { Client, ClientDuplexStream } from '@grpc/grpc-js'
import { fromGrpcStatus } from '@holdfast/errors'
import { holdfast, MuxService } from '@holdfast/proto'
import { backOff } from './back-off.ts'
import { type FrameWriter, frameWriter } from './frame-writer.ts'
import { grpcClient } from './grpc-client.ts'
import { maxPending } from './limits.ts'
import { RpcBusy, RpcDisconnected, RpcTimeout, RpcUnreachable } from './rpc-errors.ts'
import type { ChannelOptions, Received, Sending, Transport } from './transport.ts'

const { ConnectRequest, ConnectResponse } = holdfast.mux.v1
type Frame = holdfast.mux.v1.ConnectRequest.$Properties
type Answered = ReturnType<typeof ConnectResponse.decode>
type Stream = ClientDuplexStream<Frame, Answered>
/** A call to make, or the id of one nobody waits for any more. */
type Item = holdfast.mux.v1.Call.$Properties | number

/** How long one attempt to connect may take. */
const attemptMs = 5_000
/** What a call weighs besides its request, roughly; tokens are the bulk of it. */
const callOverhead = 512

interface Pending {
  readonly sending: Sending
  readonly deadline: number
  readonly timer: NodeJS.Timeout
  resolve(received: Received): void
  reject(error: unknown): void
  onAbort: (() => void) | undefined
  isSent: boolean
}

/**
 * Calls over one stream, kept up by reconnecting. A call waits for a connection as long as one attempt
 * takes; a call in flight when the stream breaks fails with `rpc.disconnected`, its outcome unknown.
 */
export function openMuxTransport(options: ChannelOptions): Transport {
  const { service, telemetry } = options
  const log = telemetry.log.child({ service })
  const pending = new Map<number, Pending>()
  const client: Client = grpcClient(options)
  let writer: FrameWriter<Item> | undefined
  let stream: Stream | undefined
  let nextId = 1
  let isClosed = false
  let onIdle: (() => void) | undefined
  let retry: NodeJS.Timeout | undefined
  const pause = backOff({ firstMs: 50, maxMs: 1_000 })

  connect()

  function connect(): void {
    retry = undefined
    const attempt: Stream = client.makeBidiStreamRequest(
      MuxService.connect.path,
      (frame: Frame) => asBuffer(ConnectRequest.encode(frame).finish()),
      (bytes: Buffer) => ConnectResponse.decode(bytes),
    )
    stream = attempt
    const timer = setTimeout(() => attempt.cancel(), attemptMs)
    attempt.on('metadata', () => {
      clearTimeout(timer)
      pause.reset()
      log.info('connected')
      writer = frameWriter<Item, Frame>(attempt, toFrame)
      for (const [id, call] of pending) if (!call.isSent) send(id, call)
    })
    attempt.on('data', (frame: Answered) => {
      for (const reply of frame.replies ?? []) settle(reply)
    })
    let isOver = false
    const over = (error?: Error): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      broken(error)
    }
    attempt.on('error', over)
    attempt.on('end', () => over())
  }

  function broken(error: Error | undefined): void {
    const wasConnected = writer !== undefined
    writer = undefined
    stream = undefined
    for (const [id, call] of pending) {
      // What was never sent may wait for the next attempt, but only for one.
      if (call.isSent) forget(id, call).reject(RpcDisconnected({ service }, error))
      else if (!wasConnected || isClosed)
        forget(id, call).reject(RpcUnreachable({ service }, error))
    }
    if (isClosed) return
    const delayMs = wasConnected ? 0 : pause.next()
    if (wasConnected) log.warn({ err: error }, 'disconnected')
    else if (pause.attempts() === 3) log.warn({ err: error }, 'cannot connect, still trying')
    retry = setTimeout(connect, delayMs)
  }

  function send(id: number, call: Pending): void {
    const { path, request, metadata } = call.sending
    call.isSent = true
    const timeoutMs = Math.max(1, Math.ceil(call.deadline - performance.now()))
    writer?.push({ id, method: path, request, timeoutMs, metadata }, request.length + callOverhead)
  }

  function forget(id: number, call: Pending): Pending {
    pending.delete(id)
    clearTimeout(call.timer)
    if (call.onAbort) call.sending.signal?.removeEventListener('abort', call.onAbort)
    if (pending.size === 0) onIdle?.()
    return call
  }

  function giveUp(id: number, reason: unknown): void {
    const call = pending.get(id)
    if (call === undefined) return
    forget(id, call).reject(reason)
    if (call.isSent) writer?.push(id, 4)
  }

  function settle(reply: holdfast.mux.v1.Reply.$Properties): void {
    const id = reply.id ?? 0
    const call = pending.get(id)
    if (call === undefined) return // cancelled while the answer was on its way
    forget(id, call)
    if (reply.code) {
      const { code, errorMessage, errorDetails } = reply
      call.reject(
        fromGrpcStatus({ code, message: errorMessage ?? '', details: errorDetails ?? undefined }),
      )
    } else {
      call.resolve({ response: reply.response ?? new Uint8Array(), metadata: reply.metadata ?? {} })
    }
  }

  function freeId(): number {
    do nextId = nextId >= 0xffff_ffff ? 1 : nextId + 1
    while (pending.has(nextId))
    return nextId
  }

  return {
    isConnected: () => writer !== undefined,

    send(sending) {
      if (isClosed) return Promise.reject(RpcUnreachable({ service }))
      if (pending.size >= maxPending) return Promise.reject(RpcBusy({ service }))
      return new Promise<Received>((resolve, reject) => {
        const id = freeId()
        const { timeoutMs, signal } = sending
        const call: Pending = {
          sending,
          deadline: performance.now() + timeoutMs,
          timer: setTimeout(() => giveUp(id, RpcTimeout({ timeoutMs })), timeoutMs),
          resolve,
          reject,
          onAbort: signal && (() => giveUp(id, signal.reason)),
          isSent: false,
        }
        pending.set(id, call)
        if (call.onAbort) signal?.addEventListener('abort', call.onAbort, { once: true })
        if (writer) send(id, call)
      })
    },

    async close(graceMs) {
      isClosed = true
      clearTimeout(retry)
      if (pending.size > 0 && writer !== undefined) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMs)
          onIdle = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      for (const [id, call] of pending) {
        const fault = call.isSent ? RpcDisconnected : RpcUnreachable
        forget(id, call).reject(fault({ service }))
      }
      stream?.cancel()
      client.close()
    },
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function toFrame(items: readonly Item[]): Frame {
  const calls: holdfast.mux.v1.Call.$Properties[] = []
  const cancelled: number[] = []
  for (const item of items) {
    if (typeof item === 'number') cancelled.push(item)
    else calls.push(item)
  }
  return { calls, cancelled }
}
