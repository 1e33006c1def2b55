import { randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { writeWhole } from './write-whole.ts'

/** Days. A leaf is renewed at a start, or while running, when less than `renewBefore` is left of it. */
const days = { authority: 3650, leaf: 398, renewBefore: 60 }
const dayMs = 86_400_000

/** Where one identity's files are. */
export interface IdentityFiles {
  readonly certificate: string
  readonly key: string
}

export interface Pki {
  /** PEM of the authority every side trusts. */
  readonly authorityFile: string
  /** Files of an identity; made or renewed by `renew`. */
  files(name: string): IdentityFiles
  /** Makes what is missing or soon expires; answers the names it made. Safe to run at any time. */
  renew(now: Date): Promise<readonly string[]>
}

export interface PkiOptions {
  /** Of the authority: the key store. */
  readonly keysDir: string
  /** Holds a directory for each identity. */
  readonly identitiesDir: string
  /** Process names: certificates for both sides of mTLS, CN = name. */
  readonly services: readonly string[]
  /** Host names and addresses that agents reach the log by; the server certificate `agent-edge` carries them. */
  readonly agentHosts: readonly string[]
}

/** The server certificate of the port agents connect to. */
export const agentEdge = 'agent-edge'

/**
 * The small internal authority: ECDSA P-256, one leaf an identity, nothing to revoke because a leaf's key never
 * leaves the machine; a stolen data directory means a new authority.
 */
export function openPki(options: PkiOptions): Pki {
  const authorityFile = join(options.keysDir, 'ca.crt')
  const authorityKey = join(options.keysDir, 'ca.key')
  const files = (name: string): IdentityFiles => ({
    certificate: join(options.identitiesDir, name, 'tls.crt'),
    key: join(options.identitiesDir, name, 'tls.key'),
  })
  const local = ['localhost', '127.0.0.1', '::1']
  const wanted = new Map(options.services.map((name) => [name, local]))
  wanted.set(agentEdge, [...new Set([...local, ...options.agentHosts])])

  return {
    authorityFile,
    files,
    async renew(now) {
      const authority = read(authorityFile)
      const isAuthorityGood = authority?.ca && isFresh(authority, now)
      const due = [...wanted].filter(([name, hosts]) => {
        const leaf = read(files(name).certificate)
        return !(
          isAuthorityGood &&
          leaf?.verify(authority.publicKey) &&
          isFresh(leaf, now) &&
          read(files(name).key, 'text') !== undefined &&
          hosts.every((host) => isNamed(leaf, host))
        )
      })
      if (due.length === 0) return []
      // Most starts end above: the library is loaded only where something is to be signed.
      const issuer = await openIssuer(authorityFile, authorityKey, Boolean(isAuthorityGood), now)
      for (const [name, hosts] of due) {
        mkdirSync(join(options.identitiesDir, name), { recursive: true, mode: 0o700 })
        const { certificate, key } = await issuer.issue(name, hosts)
        writeWhole(files(name).key, key)
        writeWhole(files(name).certificate, certificate)
      }
      return due.map(([name]) => name)
    },
  }
}

/** Addresses and the name this machine is reached by from elsewhere. */
export function machineHosts(): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(
      ({ internal, address, scopeid }) => !internal && !scopeid && !address.startsWith('fe80'),
    )
    .map(({ address }) => address)
  return [...new Set([...addresses, hostname()])]
}

const isFresh = (certificate: X509Certificate, now: Date): boolean =>
  Date.parse(certificate.validTo) - now.getTime() > days.renewBefore * dayMs &&
  Date.parse(certificate.validFrom) <= now.getTime()

const isAddress = (host: string) => /^[\d.]+$|:/.test(host)

const isNamed = (certificate: X509Certificate, host: string): boolean =>
  (isAddress(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined

function read(path: string): X509Certificate | undefined
function read(path: string, as: 'text'): string | undefined
function read(path: string, as?: 'text'): X509Certificate | string | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    return as === 'text' ? text : new X509Certificate(text)
  } catch {
    return undefined
  }
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

async function openIssuer(certificateFile: string, keyFile: string, exists: boolean, now: Date) {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(webcrypto)
  const notBefore = new Date(now.getTime() - 3_600_000)
  const until = (count: number) => new Date(now.getTime() + count * dayMs)
  const serialNumber = () => `00${randomBytes(15).toString('hex')}`
  const generate = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const keyPem = async (key: webcrypto.CryptoKey) =>
    x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')

  if (!exists) {
    const keys = await generate()
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: `CN=Holdfast internal authority ${randomBytes(4).toString('hex')}`,
      notBefore,
      notAfter: until(days.authority),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    writeWhole(keyFile, await keyPem(keys.privateKey))
    writeWhole(certificateFile, certificate.toString('pem'))
  }
  const authority = new x509.X509Certificate(readFileSync(certificateFile, 'utf8'))
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(readFileSync(keyFile, 'utf8')),
    algorithm,
    false,
    ['sign'],
  )
  return {
    async issue(name: string, hosts: readonly string[]) {
      const keys = await generate()
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${name}`,
        issuer: authority.subject,
        notBefore,
        notAfter: until(days.leaf),
        signingAlgorithm: algorithm,
        publicKey: keys.publicKey,
        signingKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension(
            name === agentEdge
              ? [x509.ExtendedKeyUsage.serverAuth]
              : [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
          ),
          new x509.SubjectAlternativeNameExtension(
            hosts.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value })),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
        ],
      })
      return { certificate: `${certificate.toString('pem')}\n`, key: await keyPem(keys.privateKey) }
    },
  }
}
