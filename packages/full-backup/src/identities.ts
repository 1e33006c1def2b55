import { loadRootKey, parseIdentities, recoveryIdentity } from '@holdfast/crypto'

/** What opens a backup, out of a key file: the identities `age-keygen` writes, or a root key. Throws crypto.… errors. */
export function identitiesIn(text: string): readonly string[] {
  if (/^AGE-SECRET-KEY-1/im.test(text)) return parseIdentities(text)
  const trimmed = text.trim()
  return [recoveryIdentity(loadRootKey({ reveal: () => trimmed })).identity]
}
