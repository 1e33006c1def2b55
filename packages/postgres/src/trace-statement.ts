import { type Attributes, isTraced, span, type Telemetry } from '@holdfast/telemetry'

/** Runs a statement under a span that says what kind it is, never what is in it. */
export type TraceStatement = <T>(text: string, run: () => Promise<T>) => Promise<T>

/** Where the database is, for spans. Never the user or the password. */
export function databaseAttributes(url: string): Attributes {
  const { hostname, port, pathname, searchParams } = new URL(url)
  return {
    'db.system.name': 'postgresql',
    'db.namespace': decodeURIComponent(pathname.slice(1)),
    'server.address': searchParams.get('host') ?? hostname,
    ...(port === '' ? {} : { 'server.port': Number(port) }),
  }
}

export function traceStatement(
  tracer: Telemetry['tracer'],
  attributes: Attributes,
): TraceStatement {
  return (text, run) => {
    if (!isTraced()) return run()
    const summary = summaryOf(text)
    return span(
      tracer,
      summary,
      {
        ...attributes,
        'db.operation.name': summary.split(' ')[0] ?? summary,
        'db.query.summary': summary,
      },
      run,
      { kind: 'client' },
    )
  }
}

const operation = /^\s*(?:--[^\n]*\n\s*)*([a-z]+)/i
const place =
  /\b(from|into|update|join|copy|table)\s+(?:only\s+)?((?:"[^"]{1,63}"|[a-z_][a-z0-9_]*)(?:\s*\.\s*(?:"[^"]{1,63}"|[a-z_][a-z0-9_]*))?)(?![a-z0-9_"])(\s*\()?/gi
/** What is no relation though it stands where one would. */
const words = new Set(['select', 'lateral', 'set', 'stdin', 'skip', 'of'])
const maxPlaces = 4

/**
 * `select network.peers network.interfaces`: the first word and the relations named, as the conventions of
 * OpenTelemetry want a summary. Values are parameters and so never in a statement's text; even so only names of
 * relations are taken from it.
 */
export function summaryOf(text: string): string {
  const first = (operation.exec(text)?.[1] ?? 'statement').toLowerCase()
  const places = new Set<string>()
  for (const [, word = '', name = '', bracket] of text.matchAll(place)) {
    const isCall = bracket !== undefined && /^(from|join)$/i.test(word)
    const plain = name.replaceAll(/["\s]/g, '')
    if (!isCall && !words.has(plain.toLowerCase())) places.add(plain)
    if (places.size === maxPlaces) break
  }
  return [first, ...places].join(' ')
}
