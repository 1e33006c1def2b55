import { connect } from 'node:net'

/** What a server says first, before anybody has signed in. */
export interface NatsGreeting {
  readonly serverName: string
  readonly serverId: string
  readonly version: string
  readonly hasJetStream: boolean
}

const maxGreetingBytes = 64 * 1024

/** Undefined when nobody answers, or somebody who is no NATS server, within the time. */
export function greetNats(
  host: string,
  port: number,
  timeoutMs: number,
): Promise<NatsGreeting | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let text = ''
    const done = (greeting: NatsGreeting | undefined): void => {
      socket.destroy()
      resolve(greeting)
    }
    socket.setTimeout(timeoutMs, () => done(undefined))
    socket.on('error', () => done(undefined))
    socket.on('close', () => done(undefined))
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8')
      const end = text.indexOf('\r\n')
      if (end >= 0) done(parseGreeting(text.slice(0, end)))
      else if (text.length > maxGreetingBytes) done(undefined)
    })
  })
}

function parseGreeting(line: string): NatsGreeting | undefined {
  if (!line.startsWith('INFO ')) return undefined
  try {
    const info: unknown = JSON.parse(line.slice(5))
    if (typeof info !== 'object' || info === null) return undefined
    const { server_name, server_id, version, jetstream } = info as Record<string, unknown> // checked below
    if (typeof server_id !== 'string' || typeof version !== 'string') return undefined
    return {
      serverName: typeof server_name === 'string' ? server_name : '',
      serverId: server_id,
      version,
      hasJetStream: jetstream === true,
    }
  } catch {
    return undefined
  }
}
