import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Network } from './namespaces.ts'

/**
 * A stock client: wireguard-go configured by `wg`, from the text the API gave, unchanged. What wg-quick(8) adds to
 * `wg setconf` (addresses, MTU, routes) is done with `ip`, as wg-quick does.
 */
export interface WireGuardClient {
  readonly device: string
  /** Without prefix length. */
  readonly addresses: readonly string[]
  ping(address: string, options?: { readonly count?: number; readonly seconds?: number }): boolean
  handshakes(): ReadonlyMap<string, number>
  remove(): void
}

/** Tells clients of one run apart: the last one's wireguard-go may still be taking its socket away. */
let started = 0

/** `name` is the beginning of the device's name, at most 12 characters. */
export function startClient(network: Network, config: string, name: string): WireGuardClient {
  const device = `${name}${(started++).toString(36)}`
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-client-'))
  const file = join(directory, `${device}.conf`)
  writeFileSync(file, config, { mode: 0o600 })
  const { client, exec } = network
  // `wg-quick strip` is what turns its own format into what `wg setconf` reads.
  const stripped = execFileSync('wg-quick', ['strip', file], { encoding: 'utf8' })
  writeFileSync(join(directory, 'stripped.conf'), stripped, { mode: 0o600 })
  exec(client, 'wireguard-go', device)
  exec(client, 'wg', 'setconf', device, join(directory, 'stripped.conf'))
  for (const address of values(config, 'Address'))
    exec(client, 'ip', 'address', 'add', address, 'dev', device)
  exec(client, 'ip', 'link', 'set', 'mtu', values(config, 'MTU')[0] ?? '1420', 'up', 'dev', device)
  for (const prefix of values(config, 'AllowedIPs')) {
    const family = prefix.includes(':') ? '-6' : '-4'
    exec(client, 'ip', family, 'route', 'replace', prefix, 'dev', device)
  }
  return {
    device,
    addresses: values(config, 'Address').map((address) => address.split('/')[0] ?? ''),
    ping(address, { count = 1, seconds = 2 } = {}) {
      try {
        exec(
          client,
          'ping',
          '-n',
          '-q',
          '-c',
          String(count),
          '-i',
          '0.2',
          '-W',
          String(seconds),
          address,
        )
        return true
      } catch {
        return false
      }
    },
    handshakes: () =>
      new Map(
        exec(client, 'wg', 'show', device, 'latest-handshakes')
          .split('\n')
          .filter(Boolean)
          .map((line) => {
            const [key = '', time = '0'] = line.split('\t')
            return [key, Number(time)] as const
          }),
      ),
    remove() {
      try {
        exec(client, 'ip', 'link', 'del', device)
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
}

const values = (config: string, name: string): string[] =>
  config
    .split('\n')
    .map((line) => new RegExp(`^\\s*${name}\\s*=\\s*(.*?)\\s*$`, 'i').exec(line)?.[1])
    .filter((value): value is string => value !== undefined)
    .flatMap((value) => value.split(',').map((part) => part.trim()))
