import multipart from '@fastify/multipart'
import { DomainError, invalid } from '@holdfast/errors'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Bytes of a field beside the file. */
const maxFieldBytes = 2_048

/** Takes `multipart/form-data`, and nothing else, on the routes of this part of the app. */
export async function takeForms(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers()
  await app.register(multipart, {
    // The file's bound is for the service to say; it is counted while it comes.
    limits: {
      files: 1,
      fields: 8,
      parts: 9,
      fieldSize: maxFieldBytes,
      fieldNameSize: 64,
      headerPairs: 32,
      fileSize: Number.MAX_SAFE_INTEGER,
    },
    throwFileSizeLimit: true,
  })
}

const pieceBytes = 1024 * 1024

/**
 * Reads a form with one `file`, handing it on in pieces as it comes, and answers its fields. Only names in `known` are
 * taken. What comes after a refusal is read and let go, so that the answer reaches whoever is still sending.
 */
export async function readForm(
  request: FastifyRequest,
  known: readonly string[],
  put: (offset: number, piece: Uint8Array) => Promise<void>,
): Promise<Readonly<Record<string, string>>> {
  if (!request.isMultipart()) {
    throw invalid({ field: 'body', code: 'required', detail: 'is multipart/form-data with a file' })
  }
  const fields: Record<string, string> = {}
  let hasFile = false
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') {
        const { fieldname: name, value } = part
        if (!known.includes(name)) {
          throw invalid({ field: name.slice(0, 64), code: 'unknown_field', detail: 'is not known' })
        }
        if (part.valueTruncated || typeof value !== 'string') {
          throw invalid({
            field: name,
            code: 'too_long',
            detail: `is at most ${maxFieldBytes} bytes`,
          })
        }
        if (Object.hasOwn(fields, name)) {
          throw invalid({ field: name, code: 'twice', detail: 'is there twice' })
        }
        fields[name] = value
        continue
      }
      if (part.fieldname !== 'file') {
        throw invalid({
          field: part.fieldname.slice(0, 64),
          code: 'unknown_field',
          detail: 'is not known',
        })
      }
      hasFile = true
      await handOn(part.file, put)
    }
  } catch (error) {
    request.raw.resume()
    throw translated(error)
  }
  if (!hasFile) throw invalid({ field: 'file', code: 'required', detail: 'is the snapshot' })
  return fields
}

async function handOn(
  file: AsyncIterable<Uint8Array>,
  put: (offset: number, piece: Uint8Array) => Promise<void>,
): Promise<void> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let offset = 0

  async function flush(): Promise<void> {
    const piece = Buffer.concat(held)
    held = []
    heldBytes = 0
    await put(offset, piece)
    offset += piece.length
  }

  for await (const chunk of file) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + pieceBytes - heldBytes)
      held.push(taken)
      heldBytes += taken.length
      at += taken.length
      if (heldBytes === pieceBytes) await flush()
    }
  }
  if (heldBytes > 0) await flush()
  if (offset === 0) throw invalid({ field: 'file', code: 'required', detail: 'is empty' })
}

/** What the parser of forms says, in our words. */
function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DomainError) return error
  const { code } = error as Error & { readonly code?: unknown }
  if (code === 'FST_FILES_LIMIT' || code === 'FST_PARTS_LIMIT' || code === 'FST_FIELDS_LIMIT') {
    return invalid({ field: 'body', code: 'too_many', detail: 'is one file and a few fields' })
  }
  const isForm = typeof code === 'string' && code.startsWith('FST_')
  return isForm || /multipart|part terminated/i.test(error.message)
    ? invalid({ field: 'body', code: 'malformed', detail: 'is no form, or does not end' })
    : error
}
