import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { TlsIdentity } from './tls.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A certificate authority for tests and benches. Its identities last an hour and are never written down. */
export interface ThrowawayAuthority {
  identity(commonName: string): Promise<TlsIdentity>
}

export async function throwawayAuthority(): Promise<ThrowawayAuthority> {
  const notBefore = new Date(Date.now() - 60_000)
  const notAfter = new Date(Date.now() + 3_600_000)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=holdfast test authority',
    notBefore,
    notAfter,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  })
  let serial = 1
  return {
    async identity(commonName) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      serial += 1
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(4, '0'),
        subject: `CN=${commonName}`,
        issuer: ca.subject,
        notBefore,
        notAfter,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension([
            { type: 'dns', value: commonName },
            { type: 'ip', value: '127.0.0.1' },
            // Where tests put something in between.
            { type: 'ip', value: '127.0.0.2' },
          ]),
        ],
      })
      const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey)
      return {
        ca: Buffer.from(ca.toString('pem')),
        cert: Buffer.from(certificate.toString('pem')),
        key: Buffer.from(PemConverter.encode(pkcs8, 'PRIVATE KEY')),
      }
    },
  }
}
