/** A field only the holder of its data key can read. The domain carries it and never looks inside. */
export interface Sealed {
  readonly keyId: string
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}
