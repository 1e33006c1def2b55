import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'

// The part of opentelemetry-proto a receiver of traces needs; field numbers are those of its v1.
const { root } = protobuf.parse(`
  syntax = "proto3";
  package otlp;
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value {
      string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
      ArrayValue array_value = 5; bytes bytes_value = 7;
    }
  }
  message ArrayValue { repeated AnyValue values = 1; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
`)
const Request = root.lookupType('otlp.ExportTraceServiceRequest')

const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer'] as const

export interface ReceivedSpan {
  /** `service.name` of its resource. */
  readonly service: string
  readonly resource: Readonly<Record<string, unknown>>
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentId: string
  readonly name: string
  readonly kind: (typeof kinds)[number]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly isError: boolean
  readonly statusMessage: string
}

export interface OtlpReceiver {
  readonly url: string
  spans(): readonly ReceivedSpan[]
  /** Requests that were no OTLP traces; there should be none. */
  readonly refused: readonly string[]
  close(): void
}

interface KeyValue {
  readonly key: string
  readonly value?: Readonly<Record<string, unknown>>
}
const valuesOf = (attributes: readonly KeyValue[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value ?? {})[0]]))

/** Takes traces as OTLP over HTTP, protobuf, as a collector does. Listens on this host only, unless told otherwise. */
export async function startOtlpReceiver(host = '127.0.0.1'): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const refused: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const type = request.headers['content-type']
      const isTraces = request.method === 'POST' && request.url === '/v1/traces'
      if (!isTraces || type !== 'application/x-protobuf') {
        refused.push(`${request.method} ${request.url} ${type}`)
        response.writeHead(404).end()
        return
      }
      const body = Buffer.concat(chunks)
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      try {
        spans.push(...spansIn(plain))
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      } catch (error) {
        refused.push(String(error))
        response.writeHead(400).end()
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, host, done))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a path
  return {
    url: `http://${host}:${port}`,
    spans: () => spans,
    refused,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function spansIn(body: Uint8Array): ReceivedSpan[] {
  // as: what the schema above says
  const request = Request.toObject(Request.decode(body), {
    bytes: String,
    longs: Number,
    arrays: true,
  }) as {
    resourceSpans: {
      resource?: { attributes?: KeyValue[] }
      scopeSpans: {
        spans: {
          traceId: string
          spanId: string
          parentSpanId?: string
          name: string
          kind?: number
          attributes: KeyValue[]
          links: { traceId: string; spanId: string }[]
          status?: { code?: number; message?: string }
        }[]
      }[]
    }[]
  }
  const hex = (base64 = ''): string => Buffer.from(base64, 'base64').toString('hex')
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = valuesOf(resource?.attributes)
    return scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        service: String(about['service.name'] ?? ''),
        resource: about,
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentId: hex(span.parentSpanId),
        name: span.name,
        kind: kinds[span.kind ?? 0] ?? '',
        attributes: valuesOf(span.attributes),
        links: span.links.map((link) => ({
          traceId: hex(link.traceId),
          spanId: hex(link.spanId),
        })),
        isError: span.status?.code === 2,
        statusMessage: span.status?.message ?? '',
      })),
    )
  })
}
