/** One event of a text/event-stream, per the HTML standard §9.2. */
export interface ServerSentEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Longest line taken; a server that sends more is not ours. */
const maxLine = 16 * 1024 * 1024

/** The events of a response, until it ends. Comments are passed over. */
export async function* readServerSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  if (!response.body) return
  const decoder = new TextDecoder()
  let rest = ''
  let id = ''
  let event = ''
  let data: string[] = []
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true }) // a fetch body yields bytes
    if (rest.length > maxLine) throw new Error('the server sent an endless line')
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') }
        event = ''
        data = []
        continue
      }
      const colon = line.indexOf(':')
      if (colon === 0) continue
      const field = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
      if (field === 'data') data.push(value)
      else if (field === 'id') id = value
      else if (field === 'event') event = value
    }
  }
}
