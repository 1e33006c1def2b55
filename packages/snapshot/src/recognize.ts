import { NotASnapshot } from './snapshot-errors.ts'

const enough = 300

const starts = (bytes: Uint8Array, ...first: readonly number[]): boolean =>
  first.every((byte, at) => bytes[at] === byte)

/** What a file that is no snapshot seems to be, told by its first 300 bytes, and what to do with it. */
export function notASnapshot(beginning: Uint8Array): Error {
  const bytes = beginning.subarray(0, enough)
  const text = Buffer.from(bytes).toString('latin1')
  const make = (what: string, instead: string): Error => NotASnapshot({ what, instead })
  if (bytes.length === 0) return make('The file is empty', 'Was it copied to the end?')
  if (starts(bytes, 0x1f, 0x8b)) {
    return make('This is gzip', 'Send the .hfsnap itself: it is compressed already.')
  }
  if (starts(bytes, 0x28, 0xb5, 0x2f, 0xfd)) {
    return make('This is zstd', 'Send the .hfsnap itself: it is compressed already.')
  }
  if (starts(bytes, 0x50, 0x4b)) {
    return make('This is a zip archive', 'Unpack it and send the .hfsnap in it.')
  }
  if (text.startsWith('age-encryption.org/') || text.startsWith('-----BEGIN AGE')) {
    return make('This is encrypted with age', 'Open it with the recovery identity first.')
  }
  if (text.slice(257, 262) === 'ustar') {
    return make(
      'This is a tar archive, maybe a full backup (.hfbak)',
      'A full backup is restored: `holdfast restore`.',
    )
  }
  if (/^(?:\u00ef\u00bb\u00bf)?\s*[{[]/.test(text)) {
    return make('This is plain JSON', 'Make an .hfsnap: `holdfast snapshot export`.')
  }
  if (text[4] === '{') {
    return make(
      'This looks like a .fsdn archive, or a snapshot of a format of its own',
      'Bring over what it holds by the API or the CLI.',
    )
  }
  return make(
    'The beginning of the file is not that of a snapshot',
    'Was it copied as a binary file?',
  )
}
