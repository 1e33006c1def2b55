import {
  type Attributes,
  extractTrace,
  injectTrace,
  type Span,
  type SpanOptions,
  span,
  type Telemetry,
} from '@holdfast/telemetry'
import type { Append, ChainAppend } from './appender.ts'
import type { Letter } from './transmitter.ts'

interface Options {
  readonly tracer: Telemetry['tracer']
  readonly stream: string
  readonly append: Append
  readonly appendChain: ChainAppend
}

/**
 * Appends with a span each, below the call that asked for the commit: commands wait for each other, so what runs when
 * one is appended may be another's call. The span goes along in the message, and who reads the commit can follow it.
 */
export function tracedAppends({ tracer, stream, append, appendChain }: Options): {
  readonly append: Append
  readonly appendChain: ChainAppend
} {
  const name = `append ${stream}`
  const attributesOf = (letter: Letter): Attributes => ({
    'messaging.system': 'nats',
    'messaging.destination.name': stream,
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'append',
    'messaging.message.id': letter.commitId,
    'messaging.message.body.size': letter.bytes.length,
  })
  const under = ({ traceparent }: Letter): SpanOptions => ({
    kind: 'producer',
    ...(traceparent === undefined ? {} : { parent: extractTrace({ traceparent }) }),
  })
  /** As it goes on the wire: read by others it leads to this span. */
  const inSpan = (letter: Letter): Letter => {
    const headers: { traceparent?: string } = {}
    injectTrace(headers)
    return headers.traceparent === undefined
      ? letter
      : { ...letter, traceparent: headers.traceparent }
  }
  const note = (active: Span, sequence: bigint): void => {
    active.setAttribute('holdfast.log.sequence', Number(sequence))
  }

  return {
    append: (letter, about) =>
      span(
        tracer,
        name,
        attributesOf(letter),
        async (active) => {
          const appended = await append(inSpan(letter), about)
          if (appended.type === 'stored') note(active, appended.sequence)
          return appended
        },
        under(letter),
      ),

    appendChain(letters) {
      // Only who is traced has one.
      if (letters.every(({ traceparent }) => traceparent === undefined)) return appendChain(letters)
      const sent: Letter[] = []
      const next = async (): Promise<Awaited<ReturnType<ChainAppend>>> => {
        const letter = letters[sent.length]
        const [first, ...others] = sent
        if (!letter) return appendChain(first ? [first, ...others] : letters)
        const place = BigInt(sent.length)
        return span(
          tracer,
          name,
          { ...attributesOf(letter), 'messaging.batch.message_count': letters.length },
          async (active) => {
            sent.push(inSpan(letter))
            const appended = await next()
            if (appended.type === 'stored') note(active, appended.sequence + place)
            return appended
          },
          under(letter),
        )
      }
      return next()
    },
  }
}
