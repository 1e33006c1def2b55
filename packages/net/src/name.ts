import { isUuid } from '@holdfast/domain'
import { accept, type Parsed, refuse } from './parsed.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffd]/

/** Whether text shows as what it is: without control characters and text-direction overrides. */
export const isPrintable = (text: string): boolean => !unprintable.test(text)

/**
 * A name people give: 1 to 128 characters, without control characters and text-direction overrides, NFC. It must not
 * look like an id, for wherever a name is taken an id is taken too.
 */
export function parseName(text: string): Parsed<string> {
  const name = text.normalize('NFC').trim()
  if (name === '') return refuse('required', 'must not be empty')
  if ([...name].length > 128) return refuse('too_long', 'must have 128 characters at most')
  if (!isPrintable(name)) return refuse('name_invalid', 'must not contain control characters')
  if (isUuid(name.toLowerCase())) {
    return refuse('name_invalid', 'must not look like an id; ids are taken wherever names are')
  }
  return accept(name)
}
