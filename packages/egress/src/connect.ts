import { type AgentOptions, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP, type Socket, connect as tcpConnect } from 'node:net'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { EgressFailed, EgressRefused, failureOf } from './errors.ts'
import type { EgressPolicy } from './policy.ts'
import { type Resolver, resolveHost, systemResolver } from './resolve.ts'

/**
 * Connections to hosts other people name, for protocols that are not one request: every one of them resolves the name
 * anew, judges all addresses, and goes to the literal that was judged (ADR 0027). Reasons as `EgressFailed`.
 */
export interface Connector {
  connect(
    host: string,
    port: number,
    options: ConnectOptions & { readonly tls: TlsOptions },
  ): Promise<TLSSocket>
  connect(host: string, port: number, options: ConnectOptions): Promise<Socket>
  /** One judged literal, for a program that connects by itself: hand it this and never the name. */
  resolve(
    host: string,
    options: { readonly isPlain: boolean; readonly signal: AbortSignal },
  ): Promise<string>
  /** TLS over what is connected already (FTP with AUTH TLS, proxies). */
  secure(socket: Socket, host: string, options: TlsOptions & Deadline): Promise<TLSSocket>
  /** For clients that take `http.Agent`; destroy them with what uses them. They follow no redirects: agents cannot. */
  agents(options: AgentsOptions): EgressAgents
}

interface Deadline {
  readonly signal: AbortSignal
  /** For the name, the connection and the handshake together. */
  readonly timeoutMs: number
}

export interface ConnectOptions extends Deadline {
  readonly tls?: TlsOptions
  /** Whether secrets could be read on the way; goes only where the operator allows it. Without `tls` the default is true. */
  readonly isPlain?: boolean
}

export interface TlsOptions {
  /** Name the certificate must be of; the host unless told. */
  readonly servername?: string
  /** PEM; takes the place of the usual authorities. */
  readonly ca?: string
  readonly alpn?: readonly string[]
  /** Resumes the session of another connection: FTP servers ask this of data connections. */
  readonly session?: Buffer
}

export interface AgentsOptions {
  readonly ca?: string
  /** For each connection. */
  readonly timeoutMs: number
  /** At the same time, per host. Default 16. */
  readonly maxSockets?: number
}

export interface EgressAgents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
  /** Ends all their connections. */
  destroy(): void
}

export interface ConnectorOptions {
  readonly policy: EgressPolicy
  readonly resolver?: Resolver
}

export function openConnector(options: ConnectorOptions): Connector {
  const { policy, resolver = systemResolver } = options

  async function addressesOf(
    host: string,
    how: { readonly isPlain: boolean; readonly signal: AbortSignal },
  ): Promise<readonly string[]> {
    const why = hostRefusal(host)
    if (why !== undefined) throw new EgressRefused(why)
    return await resolveHost(host, policy, resolver, how)
  }

  async function connect(host: string, port: number, options: ConnectOptions): Promise<Socket> {
    const { tls, isPlain = tls === undefined, timeoutMs } = options
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = AbortSignal.any([options.signal, deadline])
    try {
      options.signal.throwIfAborted()
      const addresses = await addressesOf(host, { isPlain, signal })
      const socket = await firstOf(addresses, port, signal)
      return tls ? await handshake(socket, host, tls, signal) : socket
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason
      throw failureOf(error, host, deadline.aborted ? timeoutMs : undefined)
    }
  }

  return {
    // The overloads say what the option `tls` makes of the socket; the function cannot.
    connect: connect as Connector['connect'],
    async resolve(host, { isPlain, signal }) {
      const [address] = await addressesOf(host, { isPlain, signal })
      if (address === undefined) throw new EgressFailed('name', `${host} has no address`)
      return address
    },
    async secure(socket, host, { signal: given, timeoutMs, ...tls }) {
      const deadline = AbortSignal.timeout(timeoutMs)
      try {
        return await handshake(socket, host, tls, AbortSignal.any([given, deadline]))
      } catch (error) {
        if (given.aborted) throw given.reason
        throw failureOf(error, host, deadline.aborted ? timeoutMs : undefined)
      }
    },
    agents: (more) => openAgents(connect, more),
  }
}

/**
 * What is no host: nothing a person would type for one, and spellings of an address two programs read as two
 * (2130706433, 0x7f.1, 0177.0.0.1, 127.1). A resolver would take these.
 */
export function hostRefusal(host: string): string | undefined {
  if (isIP(host) !== 0) return undefined
  if (host.length > 253 || !/^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?$/i.test(host)) {
    return 'that is not the name of a host'
  }
  const last = host.replace(/\.$/, '').split('.').at(-1) ?? ''
  return /^([0-9]+|0x[0-9a-f]*)$/i.test(last)
    ? 'an address must be spelled as four numbers (192.0.2.7) or as IPv6'
    : undefined
}

/** Connects to the first address that lets anybody in. */
async function firstOf(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  let failure: unknown
  for (const address of addresses) {
    try {
      return await opened(tcpConnect({ host: address, port, noDelay: true }), 'connect', signal)
    } catch (error) {
      failure = error
      if (signal.aborted) throw error
    }
  }
  throw failure
}

async function handshake(
  socket: Socket,
  host: string,
  { servername = host, ca, alpn, session }: TlsOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const isLiteral = isIP(servername) !== 0
  const secure = tlsConnect({
    socket,
    // An address has no server name; its certificate is checked against the address.
    host: servername,
    servername: isLiteral ? '' : servername,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    ...(session === undefined ? {} : { session }),
  })
  try {
    return await opened(secure, 'secureConnect', signal)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The socket once it is connected; destroyed when that fails or is no longer wanted. */
async function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<S> {
  return await new Promise<S>((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off(event, onOpen).off('error', fail).off('close', onClose)
    }
    const fail = (error: unknown): void => {
      settle()
      // Nobody else listens, and a late error would end the process.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const onOpen = (): void => {
      settle()
      resolve(socket)
    }
    const onAbort = (): void => fail(signal.reason)
    const onClose = (): void => fail(new Error('the other side closed the connection'))
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once(event, onOpen).once('error', fail).once('close', onClose)
  })
}

type Connect = (host: string, port: number, options: ConnectOptions) => Promise<Socket>

/** Connections are kept; the address of a kept one was judged when it was made. */
function openAgents(
  connect: Connect,
  { ca, timeoutMs, maxSockets = 16 }: AgentsOptions,
): EgressAgents {
  const closing = new AbortController()
  const kept = { keepAlive: true, maxSockets, scheduling: 'lifo', timeout: 60_000 } as const
  const through = (isSecure: boolean) => (options: AgentOptions & Target, done?: AgentCallback) => {
    const { host, port } = options
    connect(String(host ?? ''), Number(port ?? (isSecure ? 443 : 80)), {
      signal: closing.signal,
      timeoutMs,
      ...(isSecure ? { tls: ca === undefined ? {} : { ca } } : {}),
    }).then(
      (socket) => {
        // An agent listens to a socket while a request uses it, and while none does; between the two a late error of a
        // connection the other side cut would end the process.
        socket.on('error', () => undefined)
        if (!closing.signal.aborted) return done?.(null, socket)
        // An agent that was destroyed would keep it open.
        socket.destroy()
        done?.(closing.signal.reason as Error)
      },
      (error: Error) => done?.(error),
    )
    return undefined
  }
  const http = new HttpAgent(kept)
  const https = new HttpsAgent(kept)
  // Node's own way to replace how an agent connects; it waits for the callback when nothing is returned.
  Object.assign(http, { createConnection: through(false) })
  Object.assign(https, { createConnection: through(true) })
  return {
    http,
    https,
    destroy() {
      closing.abort(new Error('closed'))
      http.destroy()
      https.destroy()
    },
  }
}

interface Target {
  readonly host?: string | null
  readonly port?: number | string | null
}
type AgentCallback = (error: Error | null, socket?: Socket) => void
