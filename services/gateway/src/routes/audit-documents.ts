import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import {
  formatConsistencyProof,
  formatEntryProof,
  formatTlogProof,
  type Leaf,
  leftEdge,
  parseCheckpoint,
  parseNote,
  parseOrigin,
  parseVerifierKey,
  type Rotation,
  type VerifierKey,
  writeBundle,
} from '@holdfast/merkle'
import type { holdfast } from '@holdfast/proto'
import type { CallOptions } from '@holdfast/service'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'
import { fileStream } from '../http/file-stream.ts'
import { closed, optional } from '../views/fields.ts'
import { present } from '../views/print.ts'
import { bySequence, place, treeAsked, wantsText, whichTree } from './audit.ts'
import { one } from './list.ts'
import { type Routes, signedIn } from './route.ts'
import { attachment } from './wg-quick.ts'

const tags = ['audit']
/** Older checkpoints prove nothing the newest do not; whoever keeps an older one brings it along. */
const checkpointsInBundle = 500

/** Files for `holdfast-verify`, which needs nothing else of this server. Formats: docs/formats. */
export const auditDocumentRoutes =
  ({ proofs }: Clients): Routes =>
  async (app) => {
    app.get(
      '/audit/log/:sequence/proof',
      {
        schema: {
          operationId: 'getEntryProof',
          tags,
          summary: 'One commit with the proof that it is in the log',
          description:
            'For `holdfast-verify entry`. `Accept: text/plain` answers the proof alone (c2sp.org/tlog-proof).',
          security: signedIn,
          produces: ['application/json', 'text/plain'],
          params: bySequence,
          querystring: one({ size: optional(place('In the checkpoint of exactly this size.')) }),
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const { params, query } = request
        const asked = { sequence: Number(params.sequence), size: Number(query.size ?? 0) }
        const found = await proofs.getEntryProof(asked, reading(request))
        const entry = leafOf(present(found.entry, 'entry'))
        const note = present(found.checkpoint, 'checkpoint').note ?? ''
        const proof = { index: entry.sequence - 1n, path: found.path, note, extra: undefined }
        if (wantsText(request.headers.accept)) {
          return reply
            .header('content-type', 'text/plain; charset=utf-8')
            .send(formatTlogProof(proof))
        }
        const keys = await keysOf(request)
        return reply
          .header('content-type', 'application/json')
          .header('content-disposition', attachment(`entry-${entry.sequence}.json`))
          .send(formatEntryProof({ entry, proof, ...keys }))
      },
    )

    app.get(
      '/audit/access/:sequence/proof',
      {
        schema: {
          operationId: 'getAccessProof',
          tags,
          summary: 'One access record with the proof that it is in a signed tree',
          description:
            'For `holdfast-verify entry`. `Accept: text/plain` answers the proof alone (c2sp.org/tlog-proof).',
          security: signedIn,
          produces: ['application/json', 'text/plain'],
          params: closed({ sequence: place('Sequence of the record in the stream.') }),
          querystring: one({
            size: optional(place('In the checkpoint of exactly this size.')),
            epoch: whichTree.epoch,
          }),
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const { params, query } = request
        const asked = {
          sequence: Number(params.sequence),
          size: Number(query.size ?? 0),
          epoch: query.epoch ?? '',
        }
        const found = await proofs.getAccessProof(asked, reading(request))
        const entry = leafOf(present(found.entry, 'entry'))
        const note = present(found.checkpoint, 'checkpoint').note ?? ''
        const index = entry.sequence - BigInt(found.firstSequence)
        const proof = { index, path: found.path, note, extra: undefined }
        if (wantsText(request.headers.accept)) {
          return reply
            .header('content-type', 'text/plain; charset=utf-8')
            .send(formatTlogProof(proof))
        }
        const keys = await keysOf(request)
        return reply
          .header('content-type', 'application/json')
          .header('content-disposition', attachment(`access-${entry.sequence}.json`))
          .send(formatEntryProof({ entry, proof, ...keys }))
      },
    )

    app.get(
      '/audit/consistency/document',
      {
        schema: {
          operationId: 'getConsistencyDocument',
          tags,
          summary: 'Two checkpoints and the proof that the later one only adds',
          description: 'For `holdfast-verify consistency`. Both sizes are those of checkpoints.',
          security: signedIn,
          produces: ['application/json'],
          querystring: one({
            from: place('Size of the earlier checkpoint.'),
            to: optional(place('Size of the later one; the last when absent.')),
            ...whichTree,
          }),
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const options = reading(request)
        const { from, to } = request.query
        const tree = treeAsked(request.query)
        const noteOf = async (size: string | undefined) =>
          present(
            (await proofs.getCheckpoint({ size: Number(size ?? 0), ...tree }, options)).checkpoint,
            'it',
          )
        const [earlier, later] = await Promise.all([noteOf(from), noteOf(to)])
        const sizes = { fromSize: earlier.size ?? 0, toSize: later.size ?? 0 }
        const { path } = await proofs.getConsistencyProof({ ...sizes, ...tree }, options)
        const notes = { from: earlier.note ?? '', to: later.note ?? '' }
        return reply
          .header('content-type', 'application/json')
          .header('content-disposition', attachment(`consistency-${from}.json`))
          .send(formatConsistencyProof({ ...notes, path, ...(await keysOf(request)) }))
      },
    )

    app.get(
      '/audit/bundle',
      {
        // As for exports (audit-entries.ts).
        exposeHeadRoute: false,
        config: { isStream: true },
        schema: {
          operationId: 'getBundle',
          tags,
          summary: 'The log or a part of it, with everything needed to check it offline',
          description:
            'For `holdfast-verify bundle`. For those who may read the whole log. An answer that was cut off has no end line, and verifies as incomplete.',
          security: signedIn,
          produces: ['application/x-ndjson'],
          querystring: one({
            from: optional(place('From this commit on; the first when absent.')),
            to: optional(place("Up to this one; the last checkpoint's when absent.")),
          }),
          response: { 200: Type.Any({ description: 'docs/formats/bundle.md' }) },
        },
      },
      async (request, reply) => {
        const options = reading(request)
        const { checkpoint } = await proofs.getCheckpoint({}, options)
        const last = present(checkpoint, 'checkpoint')
        const size = BigInt(last.size ?? 0)
        const range = rangeOf(request.query, size)
        // Refusals come before the first byte of an answer.
        const [keys, first, listed] = await Promise.all([
          keysOf(request),
          readPage(range.first, range.last, options),
          proofs.listCheckpoints({ limit: checkpointsInBundle }, options),
        ])
        const { lineageId, generation } = parseOrigin(
          parseCheckpoint(parseNote(last.note ?? '').text).origin,
        )
        const notes = listed.checkpoints
          .filter((each) => BigInt(each.size ?? 0) <= range.last && (each.size ?? 0) > 0)
          .reverse()
        if (notes.at(-1)?.size !== last.size) notes.push(last)
        const lines = writeBundle({
          header: {
            lineageId,
            generation,
            ...range,
            left: await edgeOf(range.first, options),
            ...keys,
          },
          entries: entries(range, first, options),
          checkpoints: notes.map(({ note }) => note ?? ''),
          consistency: async (fromSize, toSize) => {
            const sizes = { fromSize: Number(fromSize), toSize: Number(toSize) }
            return (await proofs.getConsistencyProof(sizes, options)).path
          },
        })
        return reply
          .header('content-type', 'application/x-ndjson')
          .header('content-disposition', attachment(`log-${range.first}-${range.last}.hfbundle`))
          .send(fileStream(lines))
      },
    )

    async function keysOf(
      request: FastifyRequest,
    ): Promise<{ readonly firstKey: VerifierKey; readonly rotations: readonly Rotation[] }> {
      const { keys } = await proofs.listSigningKeys({}, reading(request))
      const [first, ...others] = keys
      return {
        firstKey: parseVerifierKey(present(first, 'first key').verifierKey ?? ''),
        rotations: others.map(({ rotationStatement, rotationSignature }) => ({
          statement: present(rotationStatement, 'statement'),
          signature: present(rotationSignature, 'signature'),
        })),
      }
    }

    async function edgeOf(first: bigint, options: CallOptions): Promise<readonly Uint8Array[]> {
      if (first === 1n) return []
      const sizes = { fromSize: Number(first - 1n), toSize: 0 }
      const { fromSize, toSize, fromRoot, path } = await proofs.getConsistencyProof(sizes, options)
      return leftEdge({ fromSize: BigInt(fromSize), toSize: BigInt(toSize), fromRoot, path })
    }

    const readPage = (from: bigint, to: bigint, options: CallOptions) =>
      proofs.readEntries({ fromSequence: Number(from), toSequence: Number(to) }, options)

    async function* entries(
      { last }: { readonly last: bigint },
      first: holdfast.audit.v1.ReadEntriesResponse,
      options: CallOptions,
    ): AsyncGenerator<Leaf> {
      let page = first
      for (;;) {
        // The next page is read while this one is sent.
        const next =
          page.nextSequence > 0 ? readPage(BigInt(page.nextSequence), last, options) : undefined
        next?.catch(() => undefined) // thrown when it is awaited
        for (const entry of page.entries) yield leafOf(entry)
        if (!next) return
        page = await next
      }
    }
  }

const leafOf = (entry: holdfast.audit.v1.LogEntry.$Properties): Leaf => ({
  sequence: BigInt(entry.sequence ?? 0),
  subject: entry.subject ?? '',
  messageId: entry.messageId ?? '',
  payload: entry.payload ?? new Uint8Array(),
})

function rangeOf(
  { from, to }: { readonly from?: string; readonly to?: string },
  size: bigint,
): { readonly first: bigint; readonly last: bigint } {
  const first = BigInt(from ?? 1)
  const last = BigInt(to ?? size)
  const refused = (field: string, detail: string) =>
    invalid({ field, code: 'out_of_range', detail })
  if (last > size) {
    throw refused(
      'to',
      `the last checkpoint covers ${size} commits; POST /audit/checkpoints signs one now`,
    )
  }
  if (first > last) throw refused('from', `must not be above ${last}`)
  return { first, last }
}
