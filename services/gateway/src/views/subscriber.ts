import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import { component, decimal, id, idOrNull, listOut, ref, textOut, time } from './fields.ts'
import { decimalOf, idOf, momentOf } from './print.ts'

export const Subscriber = component('Subscriber', {
  id: id('Subscriber id.'),
  organization_id: idOrNull('Whose events it reads; null for those of the whole instance.'),
  name: textOut('Unique in its organization, regardless of case.', 'siem'),
  actions: listOut('Action codes, or beginnings of them, it reads; empty for all.', 'network.peer'),
  subjects: listOut(
    'The same as subjects of the stream EVENTS.',
    'events.019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10.network.peer.>',
  ),
  consumer: textOut(
    'The consumer it reads through.',
    'subscriber-019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a11',
  ),
  created_at: time('When it was created.'),
  revision: decimal('Changes with every rotation.', '1042'),
})

const credentials = textOut(
  'A NATS `.creds` file; empty when the command was repeated, for it is shown once.',
  '-----BEGIN NATS USER JWT-----…',
)

export const SubscriberCredentials = component('SubscriberCredentials', {
  subscriber: ref(Subscriber),
  credentials,
})

export const NewSubscriber = component('NewSubscriber', {
  subscriber: ref(Subscriber),
  credentials,
  servers: Type.Array(Type.String(), {
    description: 'Where it connects.',
    examples: [['tls://vpn.example.org:4222']],
  }),
  ca_certificate: textOut('PEM, the CA of those servers.', '-----BEGIN CERTIFICATE-----…'),
  stream: textOut('The stream.', 'EVENTS'),
})

export const printSubscriber = (s: holdfast.auth.v1.Subscriber.$Properties) => ({
  id: s.id ?? '',
  organization_id: idOf(s.organizationId),
  name: s.name ?? '',
  actions: s.actions ?? [],
  subjects: s.subjects ?? [],
  consumer: s.consumer ?? '',
  created_at: momentOf(s.createdAtUnixMs),
  revision: decimalOf(s.revision),
})
