/** A secret sealed with the organization's data key. Same shape as in packages/crypto, which the domain does not know. */
export interface Sealed {
  readonly keyId: string
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

/** A secret only one node can open. */
export interface SealedToNode {
  readonly recipient: Uint8Array
  readonly ephemeralPublicKey: Uint8Array
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}
