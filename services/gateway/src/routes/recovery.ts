import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { closed, optional, ref, textIn } from '../views/fields.ts'
import { decimalOf, present, timeOf } from '../views/print.ts'
import {
  KeyReview,
  OffsiteState,
  printChallenge,
  printOffsite,
  printRecipient,
  RecoveryChallenge,
  RecoveryRecipient,
  RecoveryRecipients,
} from '../views/recovery.ts'
import { empty } from './auth.ts'
import { byId, one, text } from './list.ts'
import { type Routes, signedIn } from './route.ts'

const tags = ['backups']
const base = '/backups/recovery'
const recipient = textIn(
  256,
  'A public key of `age-keygen`; secret keys are refused.',
  'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudhf8ns7ts6hxl',
  1,
)
const params = closed({ recipient })

/** Who can open what is kept off-site, and how far it has come. All of it is the super-admin's. */
export const recoveryRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { recovery } = clients

    app.get(
      `${base}/recipients`,
      {
        schema: {
          operationId: 'listRecoveryRecipients',
          tags,
          summary: 'Who can open backups, and whose keys must still be kept',
          description:
            'Those in use, and those removed that something kept still needs. Keep the key of each one with `needed_by` above 0.',
          security: signedIn,
          querystring: one({}),
          response: { 200: ref(RecoveryRecipients) },
        },
      },
      async (request, reply) => {
        const found = await recovery.listRecipients({}, reading(request))
        return reply.send({
          items: found.recipients.map(printRecipient),
          reviewed_at: timeOf(found.reviewedAtUnixMs),
          review_due_at: timeOf(found.reviewDueAtUnixMs),
        })
      },
    )

    app.post(
      `${base}/recipients`,
      {
        schema: {
          operationId: 'addRecoveryRecipient',
          tags,
          summary: 'Seal backups to another recipient from now on',
          description:
            'The answer holds a challenge sealed to it: what is in there, sent to `…/prove`, shows that its owner can open it.',
          security: signedIn,
          body: closed({
            recipient,
            label: optional(textIn(128, 'Whose it is, and where its key is kept.', 'Ada, safe')),
          }),
          response: { 201: ref(RecoveryChallenge) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const made = await recovery.addRecipient(
          { recipient: body.recipient, label: text(body.label) },
          writing(request, reply),
        )
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send(printChallenge(made.recipient, made.challenge))
      },
    )

    app.post(
      `${base}/recipients/:recipient/prove`,
      {
        schema: {
          operationId: 'proveRecoveryRecipient',
          tags,
          summary: 'Show that its owner can open what is sealed to it, or ask for a new challenge',
          security: signedIn,
          params,
          body: closed({
            answer: optional(
              textIn(200, 'What the challenge holds; absent asks for a new one.', 'hfp_…'),
            ),
          }),
          response: { 200: ref(RecoveryChallenge) },
        },
      },
      async (request, reply) => {
        const proved = await recovery.proveRecipient(
          { recipient: request.params.recipient, answer: text(request.body.answer) },
          writing(request, reply),
        )
        return reply
          .header('cache-control', 'no-store')
          .send(printChallenge(proved.recipient, proved.challenge))
      },
    )

    app.delete(
      `${base}/recipients/:recipient`,
      {
        schema: {
          operationId: 'removeRecoveryRecipient',
          tags,
          summary: 'Seal nothing new to a recipient',
          description:
            'What was sealed to it still opens with its key: `needed_by` says how much, and until when to keep it.',
          security: signedIn,
          params,
          response: { 200: ref(RecoveryRecipient) },
        },
      },
      async (request, reply) => {
        const removed = await recovery.removeRecipient(
          { recipient: request.params.recipient },
          writing(request, reply),
        )
        return reply.send(printRecipient(present(removed.recipient, 'recipient')))
      },
    )

    app.post(
      `${base}/review`,
      {
        schema: {
          operationId: 'reviewRecoveryKeys',
          tags,
          summary: 'Say that the keys were looked at and found in order; due again in a quarter',
          security: signedIn,
          body: closed({ note: optional(textIn(1000, 'What was found.', 'all three found')) }),
          response: { 200: ref(KeyReview) },
        },
      },
      async (request, reply) => {
        const { note } = request.body
        const done = await recovery.reviewKeys({ note: text(note) }, writing(request, reply))
        return reply.send({ review_due_at: timeOf(done.reviewDueAtUnixMs) })
      },
    )

    app.get(
      '/backups/offsite',
      {
        schema: {
          operationId: 'getOffsiteState',
          tags,
          summary: 'How far each continuous location has come',
          security: signedIn,
          querystring: one({}),
          response: { 200: ref(OffsiteState) },
        },
      },
      async (request, reply) => {
        const found = await recovery.getOffsiteState({}, reading(request))
        return reply.send({
          items: found.locations.map(printOffsite),
          last_sequence: decimalOf(found.lastSequence),
        })
      },
    )

    app.post(
      '/backups/offsite/:id/verify',
      {
        schema: {
          operationId: 'verifyOffsite',
          tags,
          summary: 'Read everything of one location back, by id or name',
          description: 'Answers at once; `GET /backups/offsite` tells what came of it.',
          security: signedIn,
          params: byId('location'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await recovery.verifyOffsite(
          { storageLocation: request.params.id },
          writing(request, reply),
        )
        return empty(reply)
      },
    )
  }
