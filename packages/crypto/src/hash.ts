import { createHash, createHmac } from 'node:crypto'

export const sha256 = (data: string | Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(data).digest())

export const hmacSha256 = (key: Uint8Array, data: string | Uint8Array): Uint8Array =>
  new Uint8Array(createHmac('sha256', key).update(data).digest())
