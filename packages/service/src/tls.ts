import { readFileSync } from 'node:fs'

/** The identity of a process, PEM: who it is and whom it believes. */
export interface TlsIdentity {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

export interface TlsFiles {
  readonly tlsCaFile: string
  readonly tlsCertFile: string
  readonly tlsKeyFile: string
}

/** Throws what the file system throws. */
export const readTlsIdentity = (files: TlsFiles): TlsIdentity => ({
  ca: readFileSync(files.tlsCaFile),
  cert: readFileSync(files.tlsCertFile),
  key: readFileSync(files.tlsKeyFile),
})
