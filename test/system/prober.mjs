// Runs inside a network namespace: serves echoes and tries to reach them, as told line by line on standard input.
// One process for many probes: starting one a probe would be most of a test's time.
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'

const sockets = []

/** Echo servers for TCP and UDP, both families, on each port. */
async function serve({ ports }) {
  for (const port of ports) {
    await new Promise((done, failed) => {
      const server = createServer((socket) => {
        socket.on('error', () => socket.destroy())
        socket.pipe(socket)
      })
      server.once('error', failed)
      server.listen(port, '::', done)
      sockets.push(server)
    })
    for (const [type, address] of [
      ['udp4', '0.0.0.0'],
      ['udp6', '::'],
    ]) {
      await new Promise((done, failed) => {
        const socket = createSocket({ type, ipv6Only: type === 'udp6' })
        socket.on('message', (data, from) => socket.send(data, from.port, from.address, () => {}))
        socket.once('error', failed)
        socket.bind(port, address, done)
        sockets.push(socket)
      })
    }
  }
  return true
}

/** Whether a byte comes back over a fresh TCP connection. */
function tcp({ address, port, timeoutMs }) {
  return new Promise((done) => {
    const socket = connect({ host: address, port })
    const end = (answer) => {
      clearTimeout(timer)
      socket.destroy()
      done(answer)
    }
    const timer = setTimeout(end, timeoutMs, false)
    socket.on('connect', () => socket.write('x'))
    socket.on('data', () => end(true))
    socket.on('error', () => end(false))
  })
}

/** How many of `count` datagrams, `gapMs` apart, come back. */
function udp({ address, port, timeoutMs, count = 1, gapMs = 0 }) {
  return new Promise((done) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const seen = new Set()
    let timer
    const end = () => {
      clearTimeout(timer)
      socket.close()
      done(seen.size)
    }
    socket.on('error', () => {}) // an unreachable port is an answer that never comes
    socket.on('message', (data) => {
      seen.add(data.toString())
      if (seen.size === count) end()
    })
    let sent = 0
    const send = () => {
      socket.send(`${sent}`, port, address, () => {})
      sent += 1
      if (sent === count) timer = setTimeout(end, timeoutMs)
      else if (gapMs > 0) setTimeout(send, gapMs)
      else setImmediate(send)
    }
    send()
  })
}

const jobs = { serve, tcp, udp }
for await (const line of createInterface({ input: process.stdin })) {
  const { id, job, ...wish } = JSON.parse(line)
  jobs[job](wish).then(
    (answer) => process.stdout.write(`${JSON.stringify({ id, answer })}\n`),
    (error) => process.stdout.write(`${JSON.stringify({ id, error: error.message })}\n`),
  )
}
process.exit(0)
