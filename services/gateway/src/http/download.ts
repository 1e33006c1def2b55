import { invalid } from '@holdfast/errors'

/** What is to be sent of a file: all of it, or one part. */
export interface Part {
  readonly from: number
  /** Behind the last byte. */
  readonly to: number
}

/**
 * One range of bytes (RFC 9110 §14): undefined for the whole file, which is also what several ranges, or a unit nobody
 * knows, get. Throws `invalid` when none of it is there.
 */
export function partOf(range: string | undefined, total: number): Part | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const from = first === '' ? Math.max(0, total - Number(last)) : Number(first)
  const to = first === '' || last === '' ? total : Math.min(total, Number(last) + 1)
  if (from < to) return { from, to }
  throw invalid({
    field: 'Range',
    code: 'out_of_range',
    detail: `the file has ${total} bytes`,
  })
}
