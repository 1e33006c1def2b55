import { type DomainError, invalid, toGrpcStatus } from '@holdfast/errors'
import type { Method, MethodTable } from '@holdfast/proto'
import { extractTrace, openSpan, type Telemetry } from '@holdfast/telemetry'
import { admit, ruleFault, type VerifyToken } from './access.ts'
import { callObserver, codeOf } from './call-observer.ts'
import type { Incoming, Outgoing } from './exchange.ts'
import { maxMessageBytes } from './limits.ts'
import { bearer, readMetadata } from './metadata.ts'
import {
  RpcCancelled,
  RpcMalformed,
  RpcTimeout,
  RpcTooLarge,
  RpcUnknownMethod,
} from './rpc-errors.ts'
import { type CallFacts, CallLife, servedCall } from './served-call.ts'
import type { Call, Handlers } from './types.ts'

/** The one road of every call, whichever transport it came by: rule, metadata, request, handler, answer. */
export interface Dispatcher {
  serve<T extends MethodTable>(table: T, handlers: Handlers<T>): void
  readonly methods: ReadonlyMap<string, Method>
  /** Calls back exactly once. The returned function gives the call up. */
  start(incoming: Incoming, reply: (outgoing: Outgoing) => void): () => void
  /** Handlers at work, those nobody waits for included. */
  running(): number
}

export interface DispatcherOptions {
  readonly telemetry: Telemetry
  readonly verify: VerifyToken
  /** Waits until reads include the sequence. */
  readonly reached: (sequence: bigint, signal: AbortSignal) => Promise<void>
  /** Runs a handler and waits until what it answers is safe; see `EventLog.durable`. */
  readonly durable: <T>(work: () => Promise<T> | T) => Promise<T>
  /** Throws while no command may be looked at: what a refused log holds may be wrong, and so any decision on it. */
  readonly mayCommand?: () => void
}

type Handler = (request: unknown, call: Call) => unknown

interface Route {
  readonly method: Method
  readonly handler: Handler
}

/** What the conventions for RPC call errors of a server. */
const ourFaults: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
])

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { telemetry, verify, reached, durable, mayCommand } = options
  const routes = new Map<string, Route>()
  const methods = new Map<string, Method>()
  const observe = callObserver(telemetry)
  let running = 0

  async function handle(incoming: Incoming, life: CallLife, facts: CallFacts): Promise<Uint8Array> {
    const route = routes.get(incoming.path)
    if (route === undefined) throw RpcUnknownMethod({ method: incoming.path })
    const { method, handler } = route
    const { request, metadata, peer } = incoming
    const accessToken = bearer(metadata)
    const caller = await admit(method.access, { service: peer, accessToken }, verify)
    facts.caller = caller
    limit(request)
    const headers = readMetadata(metadata, incoming.path, request)
    facts.headers = headers
    const call = servedCall(caller, headers, life, facts, mayCommand, accessToken)
    if (headers.at !== undefined) requirePast(method, headers.at)
    const wanted = latest(headers.minSequence, headers.at)
    if (wanted !== undefined) await reached(wanted, life.signal)
    // Without the signal: it is made for those who look at it, and this ends within seconds anyway.
    const answer = await durable(() => handler(decode(method, request), call))
    const response = method.response.encode(answer).finish()
    limit(response)
    return response
  }

  return {
    methods,

    serve(table, handlers) {
      const byName: Readonly<Record<string, unknown>> = handlers
      for (const [name, method] of Object.entries(table)) {
        const handler = byName[name]
        const fault = typeof handler === 'function' ? ruleFault(method) : 'has no handler'
        if (fault !== undefined) throw new Error(`${method.path} ${fault}`)
        // Handlers<T> pairs each method with a function of its own request type.
        routes.set(method.path, { method, handler: handler as Handler })
        methods.set(method.path, method)
      }
    },

    running: () => running,

    start(incoming, reply) {
      const startedAt = performance.now()
      const life = new CallLife()
      const facts: CallFacts = {}
      let isSettled = false
      const settle = (outgoing: Outgoing, error?: unknown): void => {
        if (isSettled) {
          observe.late(incoming, error)
          return
        }
        isSettled = true
        clearTimeout(timer)
        const tell = (): void =>
          observe.settled(incoming, outgoing, facts, performance.now() - startedAt, error)
        if (traced) {
          traced.within(tell)
          const code = codeOf(outgoing)
          traced.set({ 'rpc.response.status_code': code })
          // What a caller did wrong is no failure of ours.
          traced.end(ourFaults.has(code) ? code : undefined)
        } else tell()
        reply(outgoing)
      }
      const fail = (error: unknown): void =>
        settle({ ok: false, status: toGrpcStatus(error) }, error)
      const end = (reason: DomainError): void => {
        if (isSettled) return
        life.end(reason)
        fail(reason)
      }
      const { timeoutMs } = incoming
      const timer = setTimeout(() => end(RpcTimeout({ timeoutMs })), timeoutMs)

      running += 1
      // A name a client made up is no name of a span.
      const name = methods.has(incoming.path) ? incoming.path.slice(1) : 'unknown'
      const traced = openSpan(
        telemetry.tracer,
        name,
        { 'rpc.system.name': 'grpc', 'rpc.method': name },
        { kind: 'server', parent: extractTrace(incoming.metadata) },
      )
      const work = () => handle(incoming, life, facts)
      ;(traced ? traced.within(work) : work())
        .then(
          (response) => settle({ ok: true, response, sequence: facts.sequence }),
          (error: unknown) => fail(error),
        )
        .finally(() => {
          running -= 1
        })
      return () => end(RpcCancelled({}))
    },
  }
}

/** Throws `invalid` when the method cannot look back, or not that far. */
function requirePast({ access }: Method, at: bigint): void {
  if (access.past === true && at > 0n) return
  const detail = at > 0n ? 'This cannot be answered as of an earlier moment.' : 'counts from 1'
  throw invalid({ field: 'at', code: at > 0n ? 'not_supported' : 'out_of_range', detail })
}

const latest = (one: bigint | undefined, other: bigint | undefined): bigint | undefined =>
  one === undefined || (other !== undefined && other > one) ? other : one

function limit(message: Uint8Array): void {
  if (message.length <= maxMessageBytes) return
  throw RpcTooLarge({ bytes: message.length, limit: maxMessageBytes })
}

function decode(method: Method, request: Uint8Array): unknown {
  try {
    return method.request.decode(request)
  } catch (error) {
    throw RpcMalformed({}, error)
  }
}
