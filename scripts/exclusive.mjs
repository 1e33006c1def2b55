// One set-up or build at a time in a checkout, also when two suites start from it together.
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Runs `work` while this process holds the name. The holder is whoever binds an abstract socket, so the kernel
 * frees it when the process ends, however it ends. Only Linux has those; elsewhere the work runs unguarded.
 */
export async function exclusively(directory, purpose, work) {
  if (process.platform !== 'linux') return work()
  const { dev, ino } = statSync(directory)
  const id = createHash('sha256').update(`${dev}:${ino}:${purpose}`).digest('hex').slice(0, 24)
  const server = createServer()
  for (let isAnnounced = false; !(await bind(server, `\0holdfast-${id}`)); ) {
    if (!isAnnounced) console.error(`waiting for another ${purpose} in this checkout…`)
    isAnnounced = true
    await wait(250)
  }
  try {
    return await work()
  } finally {
    server.close()
  }
}

const bind = (server, path) =>
  new Promise((resolve, reject) => {
    const failed = (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error))
    server.once('error', failed)
    server.listen({ path }, () => {
      server.off('error', failed)
      server.unref()
      resolve(true)
    })
  })
