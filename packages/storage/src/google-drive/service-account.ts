import { createPrivateKey } from 'node:crypto'
import { at, textAt } from '../web/client.ts'

export interface ServiceAccount {
  readonly email: string
  readonly keyId: string
  /** PEM. */
  readonly privateKey: string
}

/**
 * What a service account's key file says, or what is wrong with it. Its `token_uri` is not used: an address somebody
 * typed must not be where signed assertions go.
 */
export function serviceAccountOf(text: string): ServiceAccount | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'must be the JSON of a service account key'
  }
  if (at(value, 'type') !== 'service_account') return 'must be the key of a service account'
  const account = {
    email: textAt(value, 'client_email'),
    keyId: textAt(value, 'private_key_id'),
    privateKey: textAt(value, 'private_key'),
  }
  if (account.email === '') return 'lacks client_email'
  try {
    if (createPrivateKey(account.privateKey).asymmetricKeyType !== 'rsa')
      return 'must hold an RSA key'
  } catch {
    return 'lacks a private_key that can be read'
  }
  return account
}
