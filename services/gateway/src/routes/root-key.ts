import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { closed, flagIn, integerIn, optional, ref, textIn } from '../views/fields.ts'
import { decimalOf, present } from '../views/print.ts'
import {
  DataKeyRotation,
  ProvedShards,
  printRootKey,
  printRotation,
  printSeal,
  printShardSet,
  printWarning,
  RootKey,
  RootKeyRotation,
  RootKeyShards,
  SealState,
  Warnings,
} from '../views/root-key.ts'
import { text } from './list.ts'
import { recoveryWarnings } from './recovery-warnings.ts'
import { anyone, type Routes, signedIn } from './route.ts'

const tags = ['operator']
/** Every key of the store is wrapped anew. */
const rotatingMs = 600_000
const password = textIn(1024, 'Your password, again.', 'correct horse battery staple', 1)
const shares = optional(integerIn(2, 16, 'How many shards; 3 when absent.', 3))
const threshold = optional(integerIn(2, 16, 'How many of them are needed; 2 when absent.', 2))
const shard = (least: number) =>
  textIn(4096, 'A shard as it stands in its file.', 'format: holdfast-shard/v1\nset: 29ee…', least)

/** The root key, for super-admins; and the seal, for whoever has shards. */
export const rootKeyRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { rootKeys, seal, recovery } = clients
    app.get(
      '/operator/root-key',
      {
        schema: {
          operationId: 'getRootKey',
          tags,
          summary: 'Which root key there is, and whether shards of it were made',
          description: 'For super-admins. Fingerprints give nothing of a key away.',
          security: signedIn,
          querystring: closed({}),
          response: { 200: ref(RootKey) },
        },
      },
      async (request) => {
        const { rootKey } = await rootKeys.getRootKey({}, reading(request))
        return printRootKey(present(rootKey, 'root_key'))
      },
    )

    app.post(
      '/operator/root-key/shards',
      {
        schema: {
          operationId: 'splitRootKey',
          tags,
          summary: 'Split the root key into shards, told this once',
          description:
            'The answer holds them; nothing else does. Asked again with the same key: `auth.shards_told`. Who made how many is in the trail.',
          security: signedIn,
          body: closed({ password, shares, threshold }),
          response: { 201: ref(RootKeyShards) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const made = await rootKeys.splitRootKey(
          { password: body.password, shares: body.shares ?? 0, threshold: body.threshold ?? 0 },
          writing(request, reply),
        )
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send({ set: printShardSet(present(made.set, 'set')), shards: [...made.shards] })
      },
    )

    app.post(
      '/operator/root-key/shards/prove',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'proveShards',
          tags,
          summary: 'Whether these shards restore the present root key',
          description: 'They are kept nowhere. A shard that is wrong is named.',
          security: signedIn,
          body: closed({
            shards: Type.Array(shard(1), {
              minItems: 1,
              maxItems: 16,
              description: 'As many as are needed, or more.',
            }),
          }),
          response: { 200: ref(ProvedShards) },
        },
      },
      async (request, reply) => {
        const { shards } = request.body
        const proved = await rootKeys.proveShards({ shards }, reading(request))
        return reply.header('cache-control', 'no-store').send({
          root_key_fingerprint: proved.rootKeyFingerprint,
          set_id: proved.setId,
        })
      },
    )

    app.post(
      '/operator/root-key/rotate',
      {
        schema: {
          operationId: 'rotateRootKey',
          tags,
          summary: 'Replace the root key and wrap every key anew, while everything goes on',
          description:
            'Shards and off-line copies of the old one restore backups from before and nothing later. Where the root key is kept nowhere (`HOLDFAST_SEAL=shamir`), the first call answers shards of the new one and changes nothing; the second, with `set_id`, rotates.',
          security: signedIn,
          body: closed({
            password,
            shares,
            threshold,
            set_id: optional(textIn(8, 'Of the second call.', '29eec1f6', 8)),
          }),
          response: { 200: ref(RootKeyRotation) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const rotated = await rootKeys.rotateRootKey(
          {
            password: body.password,
            shares: body.shares ?? 0,
            threshold: body.threshold ?? 0,
            setId: text(body.set_id),
          },
          { ...writing(request, reply), timeoutMs: rotatingMs },
        )
        return reply.header('cache-control', 'no-store').send(printRotation(rotated))
      },
    )

    app.post(
      '/operator/data-keys/rotate',
      {
        schema: {
          operationId: 'rotateDataKeys',
          tags,
          summary: 'Seal with new data keys from now on',
          description:
            'Of everybody, or of one organization. What the old ones sealed still opens with them. Services take the new ones within a minute.',
          security: signedIn,
          body: closed({
            organization_id: optional(
              textIn(36, 'Id of an organization.', '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10', 36),
            ),
          }),
          response: { 200: ref(DataKeyRotation) },
        },
      },
      async (request, reply) => {
        const { keys } = await rootKeys.rotateDataKeys(
          { organizationId: text(request.body.organization_id) },
          { ...writing(request, reply), timeoutMs: rotatingMs },
        )
        return reply.send({ keys: decimalOf(keys) })
      },
    )

    app.get(
      '/operator/warnings',
      {
        schema: {
          operationId: 'listWarnings',
          tags,
          summary: 'What stands in the way of a recovery',
          description: 'For super-admins. Each says what to do; nothing is hidden by looking away.',
          security: signedIn,
          querystring: closed({}),
          response: { 200: ref(Warnings) },
        },
      },
      async (request) => {
        const [found, { warnings }] = await Promise.all([
          recovery.listRecipients({}, reading(request)),
          rootKeys.listRootKeyWarnings({}, reading(request)),
        ])
        return { items: [...warnings.map(printWarning), ...recoveryWarnings(found, Date.now())] }
      },
    )

    app.get(
      '/operator/seal',
      {
        config: { isPublic: true },
        schema: {
          operationId: 'getSeal',
          tags,
          summary: 'Whether the instance waits for shards of its root key',
          description: 'Answers anybody: while it is sealed nobody can sign in.',
          security: anyone,
          querystring: closed({}),
          response: { 200: ref(SealState) },
        },
      },
      async (request) => printSeal(await seal.getSeal({}, reading(request))),
    )

    app.post(
      '/operator/seal/unseal',
      {
        config: { isPublic: true, isSignIn: true, isUnkeyed: true },
        schema: {
          operationId: 'unseal',
          tags,
          summary: 'Give one shard of the root key to an instance that is sealed',
          description:
            'Answers anybody, slowly to whoever tries often. A shard that is damaged, or of another root key, is named and not kept; how many were turned away is in the trail.',
          security: anyone,
          body: closed({
            shard: optional(shard(0)),
            start_over: optional(flagIn('Forget those given before.', false)),
          }),
          response: { 200: ref(SealState) },
        },
      },
      async (request, reply) => {
        const { shard: given, start_over: startsOver = false } = request.body
        const state = await seal.unseal({ shard: text(given), startsOver }, writing(request, reply))
        return reply.header('cache-control', 'no-store').send(printSeal(state))
      },
    )
  }
