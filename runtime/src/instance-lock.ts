import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { createServer } from 'node:net'

/**
 * One supervisor a data directory. The holder is whoever binds an abstract socket named after the directory's
 * inode: the kernel frees it with the process, SIGKILL included, so there is no stale lock, and two ways of
 * writing the same path meet. Answers undefined when another process holds it.
 *
 * Where there are no abstract sockets (outside Linux) the control socket alone tells.
 */
export async function lockInstance(directory: string): Promise<{ release(): void } | undefined> {
  if (process.platform !== 'linux') return { release: () => undefined }
  const { dev, ino } = statSync(directory)
  const id = createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 24)
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen({ path: `\0holdfast-data-${id}` }, () => {
      server.unref()
      resolve({ release: () => server.close() })
    })
  })
}
