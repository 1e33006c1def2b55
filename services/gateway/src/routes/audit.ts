import { Type } from '@fastify/type-provider-typebox'
import { holdfast } from '@holdfast/proto'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import {
  AccessTree,
  Checkpoint,
  ConsistencyProof,
  printAccessTree,
  printCheckpoint,
  printConsistency,
  printSigningKey,
  printWitness,
  SigningKey,
  Witness,
} from '../views/audit.ts'
import { closed, optional, ref, words } from '../views/fields.ts'
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

const { Tree } = holdfast.audit.v1
/** Which of the two trees: `?log=access&epoch=…`. */
export const whichTree = {
  log: optional(
    words(['log', 'access'], 'The log, or the stream of access records. The log when absent.'),
  ),
  epoch: optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,14}-[1-9][0-9]{0,18}$',
      description: 'With `log=access`: which of its trees; the present one when absent.',
      examples: ['1780000000000-1'],
    }),
  ),
}
export const treeAsked = ({
  log,
  epoch,
}: {
  readonly log?: 'log' | 'access'
  readonly epoch?: string
}) => ({ tree: log === 'access' ? Tree.TREE_ACCESS : Tree.TREE_LOG, epoch: epoch ?? '' })

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
          querystring: one({
            size: optional(place('The checkpoint of exactly this size.')),
            ...whichTree,
          }),
          response: { 200: ref(Checkpoint) },
        },
      },
      async (request, reply) => {
        const asked = { size: Number(request.query.size ?? 0), ...treeAsked(request.query) }
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
          querystring: many(whichTree, 500),
          response: { 200: page(Checkpoint) },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor } = request.query
        const asked = { limit, cursor: text(cursor), ...treeAsked(request.query) }
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
          querystring: one({ log: whichTree.log }),
          response: { 200: ref(Checkpoint) },
        },
      },
      async (request) => {
        const { checkpoint } = await proofs.signCheckpoint(
          { tree: treeAsked(request.query).tree },
          reading(request),
        )
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
            ...whichTree,
          }),
          response: { 200: ref(ConsistencyProof) },
        },
      },
      async (request) => {
        const { from, to } = request.query
        const sizes = { fromSize: Number(from), toSize: Number(to ?? 0) }
        const asked = { ...sizes, ...treeAsked(request.query) }
        return printConsistency(await proofs.getConsistencyProof(asked, reading(request)))
      },
    )

    app.get(
      '/audit/access/trees',
      {
        schema: {
          operationId: 'listAccessTrees',
          tags,
          summary: 'The Merkle trees of the access records, newest first',
          description:
            'Mostly one. Another begins when the stream is no continuation of what the tree holds.',
          security: signedIn,
          querystring: one({}),
          response: { 200: page(AccessTree) },
        },
      },
      async (request, reply) => {
        const { epochs } = await proofs.listAccessEpochs({}, reading(request))
        return sendPage(request, reply, epochs, null, printAccessTree)
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
