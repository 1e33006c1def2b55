import { expect, test } from 'vitest'
import { type NatsConfig, renderNatsConfig } from './nats-config.ts'

const config: NatsConfig = {
  serverName: 'holdfast-1',
  host: '127.0.0.1',
  port: 4222,
  storeDir: '/data/with "quotes" and $dollars',
  maxStoreBytes: 1024,
  identities: { type: 'open' },
}

test('every message is synced, whatever else is asked for', () => {
  expect(renderNatsConfig(config)).toContain('  sync_interval: always\n')
  expect(renderNatsConfig(config)).toContain('store_dir: "/data/with \\"quotes\\" and $dollars"')
  expect(renderNatsConfig(config)).not.toContain('tls')
})

test('TLS and accounts are rendered where there are some', () => {
  const account = { publicKey: 'AABC', jwt: 'a.b.c' }
  const text = renderNatsConfig({
    ...config,
    tls: { certFile: '/tls/cert.pem', keyFile: '/tls/key.pem' },
    identities: {
      type: 'operator',
      operatorJwt: 'o.p.q',
      systemAccount: { publicKey: 'ASYS', jwt: 's.y.s' },
      account,
      resolverDir: '/accounts',
    },
  })
  expect(text).toContain('  cert_file: "/tls/cert.pem"')
  expect(text).toContain('  AABC: "a.b.c"')
  expect(text).toContain('system_account: "ASYS"')
})

test('a setting cannot smuggle in another line', () => {
  expect(() => renderNatsConfig({ ...config, storeDir: '/data"\nhttp: 0.0.0.0' })).toThrow(
    RangeError,
  )
})
