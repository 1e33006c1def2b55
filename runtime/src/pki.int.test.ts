import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { agentEdge, openPki, type PkiOptions } from './pki.ts'

let root: string
let options: PkiOptions
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-pki-'))
  options = {
    keysDir: join(root, 'keys'),
    identitiesDir: join(root, 'identities'),
    services: ['auth', 'network'],
    agentHosts: ['192.0.2.7', 'vpn.example'],
  }
  mkdirSync(options.keysDir)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const now = new Date()
const later = (days: number) => new Date(now.getTime() + days * 86_400_000)
const certificate = (name: string) =>
  new X509Certificate(readFileSync(openPki(options).files(name).certificate))

test('a second start signs nothing', async () => {
  expect(await openPki(options).renew(now)).toEqual(['auth', 'network', agentEdge])
  expect(await openPki(options).renew(now)).toEqual([])
})

test('a leaf names its process, is good for loopback, and its key is private', async () => {
  const pki = openPki(options)
  await pki.renew(now)
  const leaf = certificate('auth')
  expect(leaf.subject).toBe('CN=auth')
  expect(leaf.ca).toBe(false)
  expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(leaf.checkHost('localhost')).toBe('localhost')
  expect(statSync(pki.files('auth').key).mode & 0o777).toBe(0o600)
  expect(statSync(join(options.keysDir, 'ca.key')).mode & 0o777).toBe(0o600)
})

test('the edge for agents carries the addresses of the machine, and is made again for a new one', async () => {
  await openPki(options).renew(now)
  expect(certificate(agentEdge).checkIP('192.0.2.7')).toBe('192.0.2.7')
  expect(certificate(agentEdge).checkHost('vpn.example')).toBe('vpn.example')
  const moved = { ...options, agentHosts: ['2001:db8::7'] }
  expect(await openPki(moved).renew(now)).toEqual([agentEdge])
  expect(certificate(agentEdge).checkIP('2001:db8::7')).toBe('2001:db8::7')
})

test('leaves are renewed under the same authority before they end', async () => {
  const pki = openPki(options)
  await pki.renew(now)
  const authority = readFileSync(pki.authorityFile, 'utf8')
  expect(await pki.renew(later(300))).toEqual([])
  expect(await pki.renew(later(340))).toEqual(['auth', 'network', agentEdge])
  expect(readFileSync(pki.authorityFile, 'utf8')).toBe(authority)
})

test('a lost authority takes all its leaves with it', async () => {
  await openPki(options).renew(now)
  rmSync(join(options.keysDir, 'ca.crt'))
  expect(await openPki(options).renew(now)).toEqual(['auth', 'network', agentEdge])
})

test('two identities speak mutual TLS', async () => {
  const pki = openPki(options)
  await pki.renew(now)
  const tls = (name: string) => ({
    ca: readFileSync(pki.authorityFile),
    cert: readFileSync(pki.files(name).certificate),
    key: readFileSync(pki.files(name).key),
  })
  const caller = await new Promise<unknown>((resolve, reject) => {
    const server = createServer(
      { ...tls('auth'), requestCert: true, rejectUnauthorized: true },
      (socket) => {
        resolve(socket.getPeerCertificate().subject.CN)
        socket.destroy()
        server.close()
      },
    )
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0
      connect({ ...tls('network'), host: '127.0.0.1', port }).on('error', reject)
    })
  })
  expect(caller).toBe('network')
})
