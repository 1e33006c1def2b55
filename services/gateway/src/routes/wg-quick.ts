import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import type { holdfast } from '@holdfast/proto'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import {
  closed,
  component,
  flagIn,
  integerOut,
  listOut,
  named,
  optional,
  ref,
  textIn,
  textOut,
} from '../views/fields.ts'
import { Interface, printInterface } from '../views/interface.ts'
import { byId, pastOne, text } from './list.ts'
import { interfaceId } from './resolve.ts'
import { prefix, type Routes, signedIn } from './route.ts'

const tags = ['interfaces']
/** Above the 8 MiB the service takes, so that it is the service's bound people meet. */
const maxImportBytes = 8 * 1024 * 1024

export const Import = component('Import', {
  // Not a union: the serializer would validate every member against its formats to choose one.
  interface: Type.Unsafe<ReturnType<typeof printInterface> | null>({
    type: ['object', 'null'],
    properties: Interface.properties,
    required: Interface.required,
    description: 'What was made; null after a dry run.',
  }),
  name: textOut('The name it gets: a valid form of the one asked for.', 'wg0'),
  peer_count: integerOut('How many peers the file has.', 12),
  peers: Type.Array(
    Type.Object({
      name: textOut('Name of the peer.', 'laptop'),
      public_key: textOut('Base64.', ''),
      addresses: listOut('Its addresses.', '10.10.0.2'),
      allowed_ips: listOut('Networks behind it.', '192.168.7.0/24'),
    }),
    { description: 'The first 200 peers as they would be.' },
  ),
  notes: Type.Array(
    Type.Object({
      level: textOut('error or warning; an error stops the import.', 'warning'),
      code: textOut('For programs.', 'interface_renamed'),
      detail: textOut('For people.', 'The interface is called wg0, because WG0 is no name for one'),
      line: integerOut('Line of the file, from 1; zero when it concerns the whole.', 0),
    }),
    { description: 'What needs attention.' },
  ),
})

/** Files of `wg-quick(8)` in and out. */
export const wgQuickRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { interfaces } = clients

    await app.register(async (files) => {
      // Files come as text, here only; everywhere else text is the wrong media type.
      files.removeAllContentTypeParsers()
      files.addContentTypeParser<string>(
        'text/plain',
        { parseAs: 'string', bodyLimit: maxImportBytes },
        (_request, body, done) => done(null, body),
      )
      files.post<{
        Body: string
        Querystring: { name?: string; node?: string; dry_run?: boolean }
      }>(
        '/interfaces/import',
        {
          bodyLimit: maxImportBytes,
          config: { bodyType: 'text/plain' },
          schema: {
            operationId: 'importInterface',
            tags,
            summary: 'Read a wg-quick(8) file of a host',
            description:
              'A preview with `dry_run=true`, otherwise one atomic commit with all peers.',
            security: signedIn,
            querystring: closed({
              name: optional(textIn(256, "Name of the interface, usually the file's.", 'wg0', 1)),
              node: optional(named('node', 'gw-berlin')),
              dry_run: optional(flagIn('Only show what would come.', true)),
            }),
            response: { 200: ref(Import), 201: ref(Import) },
          },
        },
        async (request, reply) => {
          if (typeof request.body !== 'string') {
            throw invalid({ field: 'body', code: 'required', detail: 'is the file, as text/plain' })
          }
          const { name, node, dry_run } = request.query
          const answer = await interfaces.importInterface(
            { config: request.body, name: text(name), node: text(node), dryRun: dry_run ?? false },
            writing(request, reply),
          )
          const printed = printImport(answer)
          if (printed.interface) {
            reply.code(201).header('location', `${prefix}/interfaces/${printed.interface.id}`)
          }
          return reply.send(printed)
        },
      )
    })

    app.get(
      '/interfaces/:id/export',
      {
        schema: {
          operationId: 'exportInterface',
          tags,
          summary: "The host's own wg-quick(8) file, private key included",
          security: signedIn,
          produces: ['text/plain'],
          params: byId('interface'),
          querystring: pastOne({ node: optional(named('node', 'gw-berlin')) }),
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const options = reading(request)
        const id = await interfaceId(clients, request.params.id, request.query.node, request)
        const { name, config } = await interfaces.exportInterface({ id }, options)
        return reply
          .header('content-type', 'text/plain; charset=utf-8')
          .header('content-disposition', attachment(`${name}.conf`))
          .send(config)
      },
    )
  }

/** A download name made of what every file system takes. */
export const attachment = (name: string): string =>
  `attachment; filename="${name.replaceAll(/[^A-Za-z0-9._-]/g, '_')}"`

const printImport = (answer: holdfast.network.v1.ImportInterfaceResponse) => ({
  interface: answer.interface ? printInterface(answer.interface) : null,
  name: answer.name,
  peer_count: answer.peerCount,
  peers: answer.peers.map((peer) => ({
    name: peer.name ?? '',
    public_key: peer.publicKey ?? '',
    addresses: peer.addresses ?? [],
    allowed_ips: peer.allowedIps ?? [],
  })),
  notes: answer.notes.map((note) => ({
    level: note.level ?? '',
    code: note.code ?? '',
    detail: note.detail ?? '',
    line: note.line ?? 0,
  })),
})
