import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readServerSentEvents, type ServerSentEvent } from './server-sent-events.ts'

const read = async (chunks: readonly string[]): Promise<ServerSentEvent[]> => {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
  const events: ServerSentEvent[] = []
  for await (const event of readServerSentEvents(new Response(body))) events.push(event)
  return events
}

test('comments are passed over, ids stay, data lines join', async () => {
  const text = ': hello\n\nid: 7\nevent: PeerAdded\ndata: a\ndata: b\n\ndata: c\n\n'
  expect(await read([text])).toEqual([
    { id: '7', event: 'PeerAdded', data: 'a\nb' },
    { id: '7', event: 'message', data: 'c' },
  ])
})

test('where the chunks break makes no difference', async () => {
  const text = 'id: 1\ndata: {"a":"ü"}\n\n: beat\n\nid: 2\ndata: x\r\n\r\nid: 3\ndata: y\n\n'
  const whole = await read([text])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: text.length })), async (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length]
      const chunks = places.slice(1).map((end, i) => text.slice(places[i], end))
      expect(await read(chunks)).toEqual(whole)
    }),
  )
})
