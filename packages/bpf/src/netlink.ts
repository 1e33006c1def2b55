/**
 * The few netlink messages there are to send: they concern clsact filters and what a device says of itself. A request
 * is one send, and the kernel answers before it returns; nothing here waits for the network.
 */
import { BpfRefused } from './errors.ts'
import { errno, errnoName, libc } from './native.ts'

export const netlinkRoute = 0
const netlinkGeneric = 16

export const flag = {
  request: 1,
  ack: 4,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
}

export interface Message {
  readonly type: number
  readonly flags: number
  /** The fixed part of the type, and attributes behind it. */
  readonly body: Buffer
}

/** One attribute, padded; its content is bytes, or a number of four bytes. */
export function attribute(type: number, content: Buffer | number): Buffer {
  const bytes = typeof content === 'number' ? u32(content) : content
  const padded = Buffer.alloc(align(4 + bytes.length))
  padded.writeUInt16LE(4 + bytes.length, 0)
  padded.writeUInt16LE(type, 2)
  bytes.copy(padded, 4)
  return padded
}

export const text = (value: string): Buffer => Buffer.from(`${value}\0`)

/** Attributes by type; of two of one type the last. */
export function attributesIn(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < 4 || at + length > bytes.length) break
    // The two highest bits say how to read it.
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length))
    at += align(length)
  }
  return found
}

/** Sends one message and answers the bodies of what comes back. `what` continues "cannot …". */
export function netlink(family: number, what: string, message: Message): readonly Buffer[] {
  const { socket, close, setsockopt } = libc()
  const fd = socket(16 /* AF_NETLINK */, 3 /* SOCK_RAW */ | 0o2000000 /* SOCK_CLOEXEC */, family)
  if (fd < 0) throw refused(what, errno(), '')
  try {
    // A refusal comes with a sentence (11), and without our own message (10).
    for (const option of [10, 11]) setsockopt(fd, 270 /* SOL_NETLINK */, option, u32(1), 4)
    send(fd, what, message)
    return receive(fd, what)
  } finally {
    close(fd)
  }
}

/** A command of a generic family, by name; undefined when this kernel has no such family. */
export function genericNetlink(
  family: string,
  what: string,
  command: number,
  attributes: Buffer,
): readonly Buffer[] | undefined {
  const ask = (type: number, number: number, body: Buffer): readonly Buffer[] =>
    netlink(netlinkGeneric, what, {
      type,
      flags: flag.request | flag.ack,
      body: Buffer.concat([Buffer.from([number, 1, 0, 0]), body]),
    })
  let id: number | undefined
  try {
    // GENL_ID_CTRL, CTRL_CMD_GETFAMILY; attribute 2 is the name, 1 the number.
    const [answer] = ask(16, 3, attribute(2, text(family)))
    id = answer && attributesIn(answer.subarray(4)).get(1)?.readUInt16LE()
  } catch (error) {
    if (!BpfRefused.is(error) || error.details['errno'] !== 'ENOENT') throw error
  }
  return id === undefined
    ? undefined
    : ask(id, command, attributes).map((answer) => answer.subarray(4))
}

const align = (length: number): number => (length + 3) & ~3

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function send(fd: number, what: string, { type, flags, body }: Message): void {
  const header = Buffer.alloc(16)
  header.writeUInt32LE(16 + body.length, 0)
  header.writeUInt16LE(type, 4)
  header.writeUInt16LE(flags, 6)
  header.writeUInt32LE(1, 8)
  const bytes = Buffer.concat([header, body])
  if (libc().send(fd, bytes, bytes.length, 0) < 0) throw refused(what, errno(), '')
}

function receive(fd: number, what: string): readonly Buffer[] {
  const bodies: Buffer[] = []
  const bytes = Buffer.alloc(64 * 1024)
  for (;;) {
    const length = libc().recv(fd, bytes, bytes.length, 0)
    if (length < 0) {
      const code = errno()
      if (errnoName(code) === 'EINTR') continue
      throw refused(what, code, '')
    }
    for (let at = 0; at + 16 <= length; ) {
      const size = bytes.readUInt32LE(at)
      if (size < 16 || at + size > length) break
      const type = bytes.readUInt16LE(at + 4)
      const body = bytes.subarray(at + 16, at + size)
      if (type === 2 /* NLMSG_ERROR, the acknowledgement too */ || type === 3 /* NLMSG_DONE */) {
        const code = body.length >= 4 ? -body.readInt32LE(0) : 0
        if (code > 0) throw refused(what, code, type === 2 ? sentence(body.subarray(4 + 16)) : '')
        return bodies
      }
      bodies.push(Buffer.from(body))
      at += align(size)
    }
  }
}

/** What the kernel adds to an error: attribute 1 is a message. */
const sentence = (bytes: Buffer): string =>
  attributesIn(bytes).get(1)?.toString('utf8').replace(/\0.*$/s, '') ?? ''

const refused = (what: string, code: number, reason: string): Error =>
  BpfRefused({ what, errno: errnoName(code), reason })
