/** A ustar member with nothing in it that says when or by whom: equal files are equal bytes. Names of at most 255 bytes. */
export function tarMember(name: string, mode: number, content: Uint8Array): Buffer {
  const header = Buffer.alloc(512)
  const [prefix, rest] = splitName(name)
  const octal = (value: number, at: number, width: number): void => {
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
  }
  header.write(rest, 0, 'utf8')
  octal(mode & 0o777, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(content.length, 124, 12)
  octal(0, 136, 12)
  header.write('        0', 148, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.write(prefix, 345, 'utf8')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return Buffer.concat([header, content, padding])
}

/** Two blocks of zeros. */
export const tarEnd: Uint8Array = new Uint8Array(1024)

function splitName(name: string): readonly [prefix: string, rest: string] {
  const isRelative = name !== '' && !name.startsWith('/') && !name.split('/').includes('..')
  if (isRelative && Buffer.byteLength(name) <= 100) return ['', name]
  for (let at = name.indexOf('/'); isRelative && at > 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)]
    if (rest && Buffer.byteLength(rest) <= 100 && Buffer.byteLength(prefix) <= 155)
      return [prefix, rest]
  }
  throw new RangeError(`no name for a member of a tar: ${JSON.stringify(name.slice(0, 100))}`)
}
