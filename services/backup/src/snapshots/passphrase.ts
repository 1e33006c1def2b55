import { accept, type Parser, refuse } from '@holdfast/net'

const minPassphrase = 12
const maxPassphrase = 512

/** Of a snapshot that is made: what a person keeps in mind or in a safe. */
export const parsePassphrase: Parser<string> = (text) => {
  const { length } = [...text]
  if (length < minPassphrase)
    return refuse('too_short', `must have ${minPassphrase} characters at least`)
  if (length > maxPassphrase)
    return refuse('too_long', `must have ${maxPassphrase} characters at most`)
  return accept(text)
}
