import { Type } from '@fastify/type-provider-typebox'
import { component, exampleId } from './fields.ts'

/** What every failure answers, RFC 9457. */
export const Problem = component('Problem', {
  type: Type.String({ examples: ['urn:holdfast:problem:invalid'] }),
  title: Type.String({ examples: ['Invalid request'] }),
  status: Type.Integer({ examples: [400] }),
  detail: Type.String({ examples: ['name: must have at most 128 characters'] }),
  code: Type.String({ description: 'For programs; never changes.', examples: ['invalid'] }),
  instance: Type.String({ examples: ['/api/v1/peers'] }),
  trace_id: Type.String({
    description: 'Finds the request in logs and traces.',
    examples: [exampleId.replaceAll('-', '')],
  }),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        field: Type.String({ examples: ['name'] }),
        code: Type.String({ examples: ['too_long'] }),
        detail: Type.String({ examples: ['must have at most 128 characters'] }),
      }),
      { description: 'One entry for each field that cannot be taken.' },
    ),
  ),
})
