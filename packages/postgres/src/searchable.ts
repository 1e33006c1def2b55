import { isUuid } from '@holdfast/domain'

/** A search text that Postgres can take; ids are searched in the form we print. */
export const searchable = (text: string): string => {
  const plain = text.replaceAll('\0', '').slice(0, 256)
  return isUuid(plain.toLowerCase()) ? plain.toLowerCase() : plain
}
