import { lookup as resolve } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Where checkpoints are posted. */
export interface Webhook {
  /** Resolves when the other side took it (2xx), within 10 s. */
  post(note: string, signal: AbortSignal): Promise<void>
}

const timeoutMs = 10_000

/** What is not the internet: a URL somebody typed is not to reach what only this machine reaches. */
const inner = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inner.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inner.addSubnet(network, bits, 'ipv6')

/** Whether an address is one of this machine or of a private network. IPv4 in IPv6 counts as what it carries. */
export function isInner(address: string): boolean {
  const family = isIP(address)
  return family === 0 || inner.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

class InnerAddress extends Error {
  constructor() {
    super('the webhook is on this machine or in a private network, which is not allowed')
  }
}

/** Names are looked at when they are resolved for the connection itself, so nothing changes in between. */
const outerOnly: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    if (addresses.some(({ address }) => isInner(address))) return callback(new InnerAddress(), [])
    if (options.all) return callback(null, addresses)
    const [first] = addresses
    callback(null, first?.address ?? '', first?.family)
  })
}

/**
 * Posts to one URL. Redirects are not followed. Throws at once for what is not an `http` or `https` URL; the URL
 * itself may hold a secret and stands in no error.
 */
export function webhook(url: string, options: { readonly mayBeInner: boolean }): Webhook {
  const target = parseTarget(url)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const request = target.protocol === 'https:' ? requestHttps : requestHttp
  return {
    post: (note, signal) =>
      new Promise((resolve, reject) => {
        // An address is never looked up, so it is looked at here.
        if (!options.mayBeInner && isIP(host) !== 0 && isInner(host)) throw new InnerAddress()
        const body = Buffer.from(note)
        const outgoing = request(
          target,
          {
            method: 'POST',
            headers: {
              'content-type': 'text/plain; charset=utf-8',
              'content-length': body.length,
              'user-agent': 'holdfast-audit',
            },
            agent: false,
            signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
            ...(options.mayBeInner ? {} : { lookup: outerOnly }),
          },
          (answer) => {
            const status = answer.statusCode ?? 0
            answer.destroy()
            if (status >= 200 && status < 300) resolve()
            else reject(new Error(`the webhook answered ${status}`))
          },
        )
        outgoing.on('error', reject)
        outgoing.end(body)
      }),
  }
}

function parseTarget(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (target?.protocol !== 'https:' && target?.protocol !== 'http:')
    throw new Error('HOLDFAST_AUDIT_CHECKPOINT_WEBHOOK is no http or https URL')
  return target
}
