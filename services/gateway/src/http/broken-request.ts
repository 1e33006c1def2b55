import type { Socket } from 'node:net'

/** What Node's parser stumbles over, before there is a request to answer to. */
const answers: Readonly<Record<string, { status: string; title: string; detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    title: 'Too large',
    detail: 'The headers are larger than 16 KiB',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    title: 'Too slow',
    detail: 'The request did not arrive in time',
  },
}
const malformed = {
  status: '400 Bad Request',
  title: 'Invalid request',
  detail: 'This is not HTTP we can read',
}

/** Answers what is no request with a problem, and hangs up. */
export function answerBrokenRequest(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, title, detail } = answers[error.code ?? ''] ?? malformed
  const body = JSON.stringify({
    type: 'urn:holdfast:problem:invalid',
    title,
    status: Number.parseInt(status, 10),
    detail,
    code: 'invalid',
  })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
