import protobuf from 'protobufjs/minimal.js'
import type { FieldError } from './domain-error.ts'

// google.rpc.Status with the two details we use, ErrorInfo and BadRequest, written by hand: three small
// messages do not earn a place among our own protos, nor a second code generator.

const { Reader, Writer } = protobuf

const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo'
const badRequestType = 'type.googleapis.com/google.rpc.BadRequest'

export interface RpcStatus {
  readonly code: number
  readonly message: string
  /** `google.rpc.ErrorInfo`. */
  readonly info?: {
    readonly reason: string
    readonly domain: string
    readonly metadata: Readonly<Record<string, string>>
  }
  /** `google.rpc.BadRequest`. */
  readonly fields: readonly FieldError[]
}

const tag = (field: number, wire: number): number => (field << 3) | wire
const varint = 0
const bytes = 2

export function encodeRpcStatus({ code, message, info, fields }: RpcStatus): Uint8Array {
  const status = Writer.create()
  if (code !== 0) status.uint32(tag(1, varint)).int32(code)
  if (message !== '') status.uint32(tag(2, bytes)).string(message)
  const attach = (typeUrl: string, value: Uint8Array): void => {
    status.uint32(tag(3, bytes)).fork()
    status.uint32(tag(1, bytes)).string(typeUrl)
    status.uint32(tag(2, bytes)).bytes(value)
    status.ldelim()
  }
  if (info) {
    const body = Writer.create()
    body.uint32(tag(1, bytes)).string(info.reason)
    body.uint32(tag(2, bytes)).string(info.domain)
    for (const [key, value] of Object.entries(info.metadata)) {
      body.uint32(tag(3, bytes)).fork()
      body.uint32(tag(1, bytes)).string(key).uint32(tag(2, bytes)).string(value).ldelim()
    }
    attach(errorInfoType, body.finish())
  }
  if (fields.length > 0) {
    const body = Writer.create()
    for (const { field, code: reason, detail } of fields) {
      body.uint32(tag(1, bytes)).fork()
      body.uint32(tag(1, bytes)).string(field)
      body.uint32(tag(2, bytes)).string(detail)
      body.uint32(tag(3, bytes)).string(reason).ldelim()
    }
    attach(badRequestType, body.finish())
  }
  return status.finish()
}

/** Calls `on` for every field; `on` reads the value or the field is skipped. */
function scan(
  data: Uint8Array,
  on: (field: number, wire: number, reader: protobuf.Reader) => boolean,
): void {
  const reader = Reader.create(data)
  while (reader.pos < reader.len) {
    const key = reader.uint32()
    if (!on(key >>> 3, key & 7, reader)) reader.skipType(key & 7)
  }
}

/** The length-delimited fields of a message, as text, by number; the last one of a number wins. */
function texts(data: Uint8Array): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  scan(data, (field, wire, reader) => {
    if (wire !== bytes) return false
    found.set(field, reader.string())
    return true
  })
  return found
}

/** Throws on bytes that are no Status; unknown details are skipped. */
export function decodeRpcStatus(data: Uint8Array): RpcStatus {
  let code = 0
  let message = ''
  let info: RpcStatus['info']
  const fields: FieldError[] = []
  scan(data, (field, wire, reader) => {
    if (field === 1 && wire === varint) code = reader.int32()
    else if (field === 2 && wire === bytes) message = reader.string()
    else if (field === 3 && wire === bytes) {
      const { typeUrl, value } = decodeAny(reader.bytes())
      if (typeUrl === errorInfoType) info = decodeErrorInfo(value)
      else if (typeUrl === badRequestType) fields.push(...decodeBadRequest(value))
    } else return false
    return true
  })
  return { code, message, ...(info ? { info } : {}), fields }
}

function decodeAny(data: Uint8Array): { typeUrl: string; value: Uint8Array } {
  let typeUrl = ''
  let value: Uint8Array = new Uint8Array()
  scan(data, (field, wire, reader) => {
    if (wire !== bytes) return false
    if (field === 1) typeUrl = reader.string()
    else if (field === 2) value = reader.bytes()
    else return false
    return true
  })
  return { typeUrl, value }
}

function decodeErrorInfo(data: Uint8Array): NonNullable<RpcStatus['info']> {
  let reason = ''
  let domain = ''
  const metadata = new Map<string, string>()
  scan(data, (field, wire, reader) => {
    if (wire !== bytes) return false
    if (field === 1) reason = reader.string()
    else if (field === 2) domain = reader.string()
    else if (field === 3) {
      const entry = texts(reader.bytes())
      metadata.set(entry.get(1) ?? '', entry.get(2) ?? '')
    } else return false
    return true
  })
  return { reason, domain, metadata: Object.fromEntries(metadata) }
}

function decodeBadRequest(data: Uint8Array): FieldError[] {
  const fields: FieldError[] = []
  scan(data, (field, wire, reader) => {
    if (field !== 1 || wire !== bytes) return false
    const entry = texts(reader.bytes())
    fields.push({
      field: entry.get(1) ?? '',
      detail: entry.get(2) ?? '',
      code: entry.get(3) ?? '',
    })
    return true
  })
  return fields
}
