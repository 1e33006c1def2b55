import { BundleInvalid } from './errors.ts'
import { names } from './member.ts'
import {
  blockBytes,
  decodeTarHeader,
  encodeTarHeader,
  endBytes,
  paddingBytes,
} from './tar-header.ts'

/** A file needed to build the instance again: environment, certificates, identities. Secret as a whole. */
export interface ConfigFile {
  /** Relative, `/` between parts. */
  readonly name: string
  readonly mode: number
  readonly content: Uint8Array
}

export const maxConfigFileBytes = 4 * 1024 * 1024
/** Of the tar. */
export const maxConfigBytes = 64 * 1024 * 1024

/** No way out, nothing hidden by spelling: parts of plain characters, none of dots alone. */
export const isConfigName = (name: string): boolean =>
  name.length <= 200 &&
  name.split('/').every((part) => /^[A-Za-z0-9_.@-]{1,100}$/.test(part) && !/^\.+$/.test(part))

/** The tar of these files, as it comes. */
export async function* configTar(
  files: AsyncIterable<ConfigFile> | Iterable<ConfigFile>,
  modifiedAtUnixSeconds: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { name, mode, content } of files) {
    if (!isConfigName(name) || content.length > maxConfigFileBytes)
      throw new RangeError('full backup: that is no file of the configuration')
    yield encodeTarHeader({ name, mode, size: content.length, modifiedAtUnixSeconds })
    yield content
    yield Buffer.alloc(paddingBytes(content.length))
  }
  yield Buffer.alloc(endBytes)
}

/** Reads what `configTar` made. Throws BundleInvalid; takes no name that could leave a directory. */
export function readConfigTar(bytes: Buffer): readonly ConfigFile[] {
  const bad = (reason: string) => BundleInvalid({ member: names.config, reason })
  const files: ConfigFile[] = []
  const seen = new Set<string>()
  let at = 0
  for (; at + endBytes < bytes.length; ) {
    const header = decodeTarHeader(bytes.subarray(at, at + blockBytes))
    if (!header) throw bad('a header in it is not as it was written')
    const { name, mode, size } = header
    if (!isConfigName(name)) throw bad('a file in it has a name that is not allowed')
    if (seen.has(name)) throw bad('a file is in it twice')
    if (mode > 0o777) throw bad('a file in it has a mode that is not allowed')
    const from = at + blockBytes
    const to = from + size
    at = to + paddingBytes(size)
    if (size > maxConfigFileBytes || at + endBytes > bytes.length) throw bad('it is cut off')
    if (bytes.subarray(to, at).some((byte) => byte !== 0))
      throw bad('there is something between its files')
    seen.add(name)
    files.push({ name, mode, content: new Uint8Array(bytes.subarray(from, to)) })
  }
  if (at + endBytes !== bytes.length || bytes.subarray(at).some((byte) => byte !== 0))
    throw bad('it does not end as a tar does')
  return files
}
