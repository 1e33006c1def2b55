import { isIP, type Socket } from 'node:net'
import { TLSSocket, connect as tlsConnect } from 'node:tls'
import type { Connector } from '@holdfast/egress'
import { Client, FTPError, type FTPResponse } from 'basic-ftp'
import { StorageInvalidAnswer } from '../errors.ts'
import type { Timeouts } from '../surroundings.ts'
import { replyOf, signInError, tlsRefusal } from './errors.ts'
import type { FtpSecurity } from './security.ts'

export interface FtpTarget {
  readonly host: string
  readonly port: number
  readonly security: FtpSecurity
  /** PEM; empty: the usual authorities. */
  readonly ca: string
  readonly username: string
  readonly password: string
}

/**
 * One signed-in control connection. The library parses replies and listings; every connection, those for data as well,
 * is made here, by way of the egress policy.
 */
export interface FtpConnection {
  readonly client: Client
  /** The server tells of one path by itself (MLST). */
  readonly tellsFacts: boolean
  openData(): Promise<DataConnection>
}

interface DataConnection {
  readonly socket: Socket
  /** With TLS the handshake may wait until the server was told what for. */
  readonly secured: Promise<void>
}

export async function connectFtp(
  target: FtpTarget,
  connector: Connector,
  { connectMs, idleMs }: Timeouts,
  signal: AbortSignal,
): Promise<FtpConnection> {
  const { host, port, security } = target
  const ca = target.ca === '' ? {} : { ca: target.ca }
  const deadline = { signal, timeoutMs: connectMs }
  const client = new Client(idleMs)
  const giveUp = (): void => client.close()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    client.ftp.socket =
      security === 'implicit'
        ? await connector.connect(host, port, { ...deadline, tls: ca })
        : await connector.connect(host, port, { ...deadline, isPlain: security === 'none' })
    await greeting(client, connectMs)
    if (security === 'explicit') {
      await client.send('AUTH TLS').catch((error: unknown) => {
        const reply = replyOf(error)
        throw reply === undefined ? error : tlsRefusal(host, reply, error)
      })
      client.ftp.socket = await connector.secure(client.ftp.socket, host, { ...deadline, ...ca })
    }
    await client.login(target.username, target.password)
    await client.useDefaultSettings()
    if (security !== 'none') await protectData(client, host)
    const features = await client.features()
    const openData = dataConnections(client, target, connector, connectMs)
    client.prepareTransfer = async (ftp) => {
      ftp.dataSocket = (await openData()).socket
      return { code: 227, message: '227 connected' }
    }
    return { client, tellsFacts: features.has('MLST'), openData }
  } catch (error) {
    client.close()
    if (signal.aborted) throw signal.reason
    throw signInError(error, host)
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** The first word is the server's. It was not lost: a socket nobody listens to keeps what comes. */
async function greeting({ ftp }: Client, timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => ftp.closeWithError(new Error('no greeting')), timeoutMs)
  try {
    await ftp.handle(undefined, (reply, task) => {
      if (reply instanceof Error) task.reject(reply)
      else if (reply.code >= 200 && reply.code < 300) task.resolve(reply)
      else task.reject(new FTPError(reply))
    })
  } finally {
    clearTimeout(timer)
  }
}

/** The library asks for it too, and goes on in the clear when the server declines. */
async function protectData(client: Client, host: string): Promise<void> {
  for (const command of ['PBSZ 0', 'PROT P']) {
    await client.send(command).catch((error: unknown) => {
      const reply = replyOf(error)
      throw reply === undefined ? error : tlsRefusal(host, reply, error)
    })
  }
}

function dataConnections(
  client: Client,
  { host, security, ca }: FtpTarget,
  connector: Connector,
  timeoutMs: number,
): () => Promise<DataConnection> {
  let isOld = false
  return async () => {
    const { ftp } = client
    const address = ftp.socket.remoteAddress
    if (address === undefined) throw new Error('the control connection is gone')
    const port = isOld ? undefined : await extendedPort(client)
    isOld = port === undefined
    const raw = await connector.connect(
      address.replace(/^::ffff:/i, ''),
      port ?? (await oldPort(client)),
      { signal: AbortSignal.timeout(timeoutMs), timeoutMs, isPlain: security === 'none' },
    )
    if (security === 'none') return { socket: raw, secured: Promise.resolve() }
    const session =
      ftp.tlsSessionStore ?? (ftp.socket instanceof TLSSocket ? ftp.socket.getSession() : undefined)
    const secure = tlsConnect({
      socket: raw,
      host,
      servername: isIP(host) === 0 ? host : '',
      minVersion: 'TLSv1.2',
      ...(ca === '' ? {} : { ca }),
      // Servers take it as the proof that it is the same client.
      ...(session === undefined ? {} : { session }),
    })
    secure.on('session', (fresh) => {
      ftp.tlsSessionStore = fresh
    })
    const secured = new Promise<void>((resolve) => secure.once('secureConnect', resolve))
    return { socket: secure, secured }
  }
}

/** EPSV names a port alone. Undefined: the server does not know it. */
async function extendedPort(client: Client): Promise<number | undefined> {
  let reply: FTPResponse
  try {
    reply = await client.send('EPSV')
  } catch (error) {
    if (replyOf(error) === undefined) throw error
    return undefined
  }
  return portOf(/\(?[|!]{3}([0-9]{1,5})[|!]\)?/.exec(reply.message)?.[1])
}

/** PASV names an address, too: it is not looked at, data goes to where the commands go (no bouncing to others). */
async function oldPort(client: Client): Promise<number> {
  const { message } = await client.send('PASV')
  const match = /(?<![0-9])(?:[0-9]{1,3},){4}([0-9]{1,3}),([0-9]{1,3})/.exec(message)
  return portOf(match ? String(Number(match[1]) * 256 + Number(match[2])) : undefined)
}

function portOf(text: string | undefined): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw StorageInvalidAnswer({ why: 'the server names no port for data' })
  }
  return port
}

/** Between commands and their data; the library's own would give up commands while data still flows. */
const replyMs = 5_000

/** Sends the body as a file of that name. What the server says of it counts, and not what the socket says. */
export async function store(
  { client, openData }: FtpConnection,
  path: string,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { socket: data, secured } = await openData()
  try {
    await exchange(client, data, `STOR ${path}`, async () => {
      // Who ends it before has ended no TLS connection, and servers take that for a cut.
      await written(data, secured)
      for await (const chunk of body) {
        if (data.destroyed) throw new Error('the data connection is gone')
        if (!data.write(chunk)) await written(data, drained(data))
      }
      await written(data, new Promise<void>((resolve) => data.end(() => resolve())))
    })
  } finally {
    data.destroy()
  }
}

/** Bytes of a file from `offset` on. Rejects unless the server says that it was all. */
export async function* retrieve(
  { client, openData }: FtpConnection,
  path: string,
  offset: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { socket: data } = await openData()
  // Read once the server was told; an error before that is told by the server's reply.
  data.on('error', () => undefined)
  const ready = gate()
  const whole = gate()
  try {
    if (offset > 0) await client.send(`REST ${offset}`)
    const reply = exchange(client, data, `RETR ${path}`, () => {
      ready.resolve()
      return whole.promise
    })
    reply.catch(() => undefined)
    await Promise.race([ready.promise, reply])
    for await (const chunk of data) yield chunk as Buffer
    whole.resolve()
    await reply
  } finally {
    data.destroy()
  }
}

interface Gate {
  readonly promise: Promise<void>
  resolve(): void
}

function gate(): Gate {
  let open = (): void => undefined
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, resolve: () => open() }
}

/** One transfer: the command, what is done once the server is ready, and its last word. */
async function exchange(
  { ftp }: Client,
  data: Socket,
  command: string,
  transfer: () => Promise<void>,
): Promise<void> {
  let moving: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  data.on('error', (error) => {
    failure ??= { error }
  })
  async function move(): Promise<void> {
    // How long it may take is the caller's to say.
    ftp.socket.setTimeout(0)
    try {
      await transfer()
      ftp.socket.setTimeout(ftp.timeout)
    } catch (error) {
      failure ??= { error }
      data.destroy()
      ftp.socket.setTimeout(replyMs)
    }
  }
  try {
    await ftp.handle(command, (reply, task) => {
      if (reply instanceof Error) task.reject(reply)
      else if (reply.code === 150 || reply.code === 125) moving ??= move()
      else if (reply.code >= 200 && reply.code < 300) task.resolve(reply)
      else if (reply.code >= 300) ftp.closeWithError(new Error('an unexpected question'))
    })
  } catch (error) {
    // A refusal says more than the socket that was closed with it; a timeout says less.
    throw replyOf(error) === undefined && failure ? failure.error : error
  }
  await moving
  if (failure) throw failure.error
  if (!moving) throw StorageInvalidAnswer({ why: 'the server ended a transfer it never began' })
}

const drained = (data: Socket): Promise<void> =>
  new Promise((resolve) => data.once('drain', resolve))

/** Waits for it, or for the end of the connection. */
async function written(data: Socket, done: Promise<void>): Promise<void> {
  if (data.destroyed) throw new Error('the data connection is gone')
  let onClose: (() => void) | undefined
  const closed = new Promise<never>((_resolve, reject) => {
    onClose = () => reject(new Error('the data connection was closed'))
    data.once('close', onClose)
  })
  try {
    await Promise.race([done, closed])
  } finally {
    if (onClose) data.off('close', onClose)
  }
}
