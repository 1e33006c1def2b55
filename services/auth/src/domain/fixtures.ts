import type { NodeId, OrganizationId, SiteId, UserId } from '@holdfast/domain'
import type { Sealed } from './sealed.ts'

// What the tests of this folder talk about.

const id = (n: number): string => `01900000-0000-7000-8000-${n.toString().padStart(12, '0')}`

export const acme = id(1) as OrganizationId
export const initech = id(2) as OrganizationId
export const berlin = id(3) as SiteId
export const alice = id(4) as UserId
export const bob = id(5) as UserId
export const node = id(6) as NodeId

export const sealed = (text: string): Sealed => ({
  keyId: 'key',
  nonce: new Uint8Array(12),
  ciphertext: new Uint8Array(Buffer.from(text)),
})
