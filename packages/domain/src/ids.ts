import { createHash } from 'node:crypto'
import { uuidv7 } from 'uuidv7'
import type { Brand } from './brand.ts'

export type OrganizationId = Brand<string, 'OrganizationId'>
export type SiteId = Brand<string, 'SiteId'>
export type UserId = Brand<string, 'UserId'>
export type SessionId = Brand<string, 'SessionId'>
export type NodeId = Brand<string, 'NodeId'>
export type InterfaceId = Brand<string, 'InterfaceId'>
export type PeerId = Brand<string, 'PeerId'>
/** The id of one wish. Repeating it repeats the answer, not the effect. */
export type CommandId = Brand<string, 'CommandId'>
/** Position in the stream, from 1. */
export type Sequence = bigint

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Whether the text is a UUID in the form we print: lower case, with dashes. */
export const isUuid = (text: string): boolean => uuid.test(text)

/** A fresh UUIDv7. */
export const newId = <Id extends string>(): Id => uuidv7() as Id

export const uuidToBytes = (id: string): Uint8Array => Buffer.from(id.replaceAll('-', ''), 'hex')

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Of the first 16 bytes. Every commit that is read holds five, so this goes by table. */
export function uuidFromBytes(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += hex[bytes[i] ?? 0]
  }
  return text
}

function withVersion(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return uuidFromBytes(bytes.subarray(0, 16))
}

/** RFC 9562 version 5: the same name gives the same id. */
export function uuidV5(namespace: string, name: string): string {
  const hash = createHash('sha1').update(uuidToBytes(namespace)).update(name).digest()
  return withVersion(new Uint8Array(hash), 5)
}

/**
 * The id of an object a command creates. It follows from the command, so a repeated command creates
 * nothing new, even when two instances of a service run it at once. Keeps the command's time when the
 * command id is a UUIDv7, so ids still sort by age.
 */
export function idFrom<Id extends string>(command: CommandId, purpose: string): Id {
  const hash = createHash('sha256').update(uuidToBytes(command)).update(purpose).digest()
  const bytes = new Uint8Array(hash)
  if (command[14] === '7') bytes.set(uuidToBytes(command).subarray(0, 6), 0)
  return withVersion(bytes, 7) as Id
}
