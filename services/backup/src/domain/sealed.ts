/** A secret sealed with a data key. Same shape as in packages/crypto, which the domain does not know. */
export interface Sealed {
  readonly keyId: string
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}
