import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import {
  Checkpoint,
  ConsistencyProof,
  LogEntry,
  printCheckpoint,
  printConsistency,
  printEntry,
  printSigningKey,
  printWitness,
  SigningKey,
  Witness,
} from '../views/audit.ts'
import { closed, optional, ref } from '../views/fields.ts'
import { present } from '../views/print.ts'
import { many, one, page, sendPage, text } from './list.ts'
import { type Routes, signedIn } from './route.ts'

const tags = ['audit']

/** A sequence, or a size, which is one too. */
export const place = (description: string) =>
  Type.String({ pattern: '^[1-9][0-9]{0,15}$', description, examples: ['1042'] })
export const bySequence = closed({
  sequence: place('Sequence of the commit in the log.'),
})

/** The log as a Merkle tree: checkpoints, proofs, keys, witnesses. Formats: docs/formats. */
export const auditRoutes =
  ({ proofs }: Clients): Routes =>
  async (app) => {
    app.get(
      '/audit/checkpoint',
      {
        schema: {
          operationId: 'getCheckpoint',
          tags,
          summary: 'The last signed checkpoint of the log, or that of one size',
          description:
            'Whoever keeps a checkpoint can prove later that the log only grew from it. `Accept: text/plain` answers the note alone.',
          security: signedIn,
          querystring: one({ size: optional(place('The checkpoint of exactly this size.')) }),
          response: { 200: ref(Checkpoint) },
        },
      },
      async (request, reply) => {
        const asked = { size: Number(request.query.size ?? 0) }
        const { checkpoint } = await proofs.getCheckpoint(asked, reading(request))
        const found = printCheckpoint(present(checkpoint, 'checkpoint'))
        if (!wantsText(request.headers.accept)) return found
        return reply
          .header('content-type', 'text/plain; charset=utf-8')
          .serializer((body: string) => body)
          .send(found.note as never)
      },
    )

    app.get(
      '/audit/checkpoints',
      {
        schema: {
          operationId: 'listCheckpoints',
          tags,
          summary: 'Signed checkpoints, newest first',
          security: signedIn,
          querystring: many({}, 500),
          response: { 200: page(Checkpoint) },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor } = request.query
        const asked = { limit, cursor: text(cursor) }
        const found = await proofs.listCheckpoints(asked, reading(request))
        return sendPage(request, reply, found.checkpoints, found.nextCursor, printCheckpoint)
      },
    )

    app.post(
      '/audit/checkpoints',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'signCheckpoint',
          tags,
          summary: 'Sign a checkpoint now instead of within seconds',
          description: 'Answers the last one when the log has not grown since.',
          security: signedIn,
          response: { 200: ref(Checkpoint) },
        },
      },
      async (request) => {
        const { checkpoint } = await proofs.signCheckpoint({}, reading(request))
        return printCheckpoint(present(checkpoint, 'checkpoint'))
      },
    )

    app.get(
      '/audit/consistency',
      {
        schema: {
          operationId: 'getConsistencyProof',
          tags,
          summary: 'Proof that the log of one size begins with the log of a smaller one',
          security: signedIn,
          querystring: one({
            from: place('The smaller size.'),
            to: optional(place("The larger size; the last checkpoint's when absent.")),
          }),
          response: { 200: ref(ConsistencyProof) },
        },
      },
      async (request) => {
        const { from, to } = request.query
        const asked = { fromSize: Number(from), toSize: Number(to ?? 0) }
        return printConsistency(await proofs.getConsistencyProof(asked, reading(request)))
      },
    )

    app.get(
      '/audit/log/:sequence',
      {
        schema: {
          operationId: 'getLogEntry',
          tags,
          summary: 'One commit as it is stored',
          security: signedIn,
          params: bySequence,
          querystring: one({}),
          response: { 200: ref(LogEntry) },
        },
      },
      async (request) => {
        const asked = { sequence: Number(request.params.sequence) }
        return printEntry(await proofs.getEntryProof(asked, reading(request)))
      },
    )

    app.get(
      '/audit/keys',
      {
        schema: {
          operationId: 'listAuditKeys',
          tags,
          summary: 'The keys checkpoints were and are signed with, oldest first',
          description: 'Pin the first one: the others follow from it.',
          security: signedIn,
          querystring: one({}),
          response: { 200: page(SigningKey) },
        },
      },
      async (request, reply) => {
        const { keys } = await proofs.listSigningKeys({}, reading(request))
        return sendPage(request, reply, keys, null, printSigningKey)
      },
    )

    app.post(
      '/audit/keys/rotate',
      {
        schema: {
          operationId: 'rotateAuditKey',
          tags,
          summary: 'Replace the key that signs checkpoints',
          description: 'The old key vouches for the new one, in the log.',
          security: signedIn,
          response: { 200: ref(SigningKey) },
        },
      },
      async (request, reply) => {
        const { key } = await proofs.rotateSigningKey({}, writing(request, reply))
        return printSigningKey(present(key, 'key'))
      },
    )

    app.get(
      '/audit/witnesses',
      {
        schema: {
          operationId: 'listWitnesses',
          tags,
          summary: 'Hosts that cosign checkpoints, and how far each has come',
          security: signedIn,
          querystring: one({}),
          response: { 200: page(Witness) },
        },
      },
      async (request, reply) => {
        const { witnesses } = await proofs.listWitnesses({}, reading(request))
        return sendPage(request, reply, witnesses, null, printWitness)
      },
    )
  }

/** Whether text is asked for by name; `*∕*` is content with JSON. */
export const wantsText = (accept: string | undefined): boolean =>
  accept !== undefined && /^text\/plain\b/.test(accept.trim())
