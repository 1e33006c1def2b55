import type { FieldError } from '@holdfast/errors'

export const minPasswordLength = 12
export const maxPasswordLength = 256

/**
 * One text for all ways to type it, so that a password works from every keyboard (NIST SP 800-63B §5.1.1.2).
 * Everything that compares or hashes a password takes this form.
 */
export const normalizePassword = (password: string): string => password.normalize('NFKC')

export interface PasswordOwner {
  readonly username: string
  readonly email: string
}

/** What speaks against a new password; undefined when nothing does. Length counts characters, not bytes. */
export function passwordFault(
  field: string,
  password: string,
  { username, email }: PasswordOwner,
): FieldError | undefined {
  const text = normalizePassword(password)
  const length = [...text].length
  if (length < minPasswordLength || length > maxPasswordLength) {
    const detail = `must have ${minPasswordLength} to ${maxPasswordLength} characters`
    return { field, code: 'password_length', detail }
  }
  const lower = text.toLowerCase()
  if (lower === username.toLowerCase() || lower === email.toLowerCase()) {
    return { field, code: 'password_is_name', detail: 'must differ from user name and e-mail' }
  }
  return undefined
}
