interface Answer {
  description?: string
  headers?: Record<string, unknown>
  content?: Record<string, { schema?: { $ref?: string; properties?: Record<string, unknown> } }>
}

interface Operation {
  operationId?: string
  requestBody?: {
    required?: boolean
    content: Record<string, { schema: { required?: string[]; minProperties?: number } }>
  }
  parameters?: { name: string }[]
  responses?: Record<string, Answer>
}

const problem: Answer = {
  description: 'A problem: RFC 9457, with a stable `code`.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

const words: Readonly<Record<string, string>> = {
  200: 'Done.',
  201: 'Created.',
  204: 'Done; there is nothing to show.',
  503: 'Not now.',
}

const header = (description: string, example: string) => ({
  description,
  schema: { type: 'string', examples: [example] },
})
const etag = header('Tag of the object, for If-Match and If-None-Match.', '"42"')
const sequence = header('Log sequence of the write; reads take it as min_seq.', '1042')
const location = header(
  'Path of the created object.',
  '/api/v1/peers/019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10',
)
const link = header('The next page, rel="next".', '</api/v1/peers?cursor=…>; rel="next"')

/** Objects that carry a revision, and so a tag. */
const tagged = new Set(['User', 'Organization', 'Site', 'Node', 'Interface', 'Peer'])

/** Says once what is true of many operations: problems, headers, which bodies may be left out. */
export function complete<D extends { paths?: unknown }>(document: D): D {
  // The plugin types paths for three versions of OpenAPI at once; what is touched here is common to all.
  const paths = (document.paths ?? {}) as Record<string, Record<string, Operation>>
  for (const path of Object.values(paths)) {
    for (const operation of Object.values(path)) {
      for (const [status, answer] of Object.entries(operation.responses ?? {})) {
        finish(answer, status)
        // Whatever takes a key is a commit.
        if (operation.parameters?.some(({ name }) => name === 'Idempotency-Key')) {
          answer.headers = { ...answer.headers, 'Holdfast-Sequence': sequence }
        }
      }
      operation.responses = { ...operation.responses, default: problem }
      if (operation.requestBody) leaveOut(operation.requestBody)
      if (operation.operationId === 'importInterface') {
        Object.assign(operation, {
          requestBody: {
            required: true,
            content: {
              'text/plain': {
                schema: {
                  type: 'string',
                  maxLength: 8_388_608,
                  description: 'A wg-quick(8) file.',
                },
              },
            },
          },
        })
      }
    }
  }
  return document
}

function finish(answer: Answer, status: string): void {
  answer.description = words[status] ?? answer.description ?? ''
  if (status === '204') delete answer.content
  const schema = Object.values(answer.content ?? {})[0]?.schema
  const name = schema?.$ref?.split('/').at(-1) ?? ''
  const headers = {
    ...(tagged.has(name) || (status === '201' && schema && 'allOf' in schema)
      ? { ETag: etag }
      : {}),
    ...(status === '201' ? { Location: location } : {}),
    ...(schema?.properties?.['next_cursor'] ? { Link: link } : {}),
  }
  if (Object.keys(headers).length > 0) answer.headers = headers
}

/** A body in which nothing is required need not be sent. */
function leaveOut(body: NonNullable<Operation['requestBody']>): void {
  const schema = Object.values(body.content)[0]?.schema
  if (schema && !schema.required?.length && !schema.minProperties) body.required = false
}
