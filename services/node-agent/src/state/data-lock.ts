import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * Makes sure that one agent works on a data folder. The lock is a socket without a file, which the kernel
 * drops with its process, however that ends. Throws when another agent has it.
 */
export async function lockDataFolder(folder: string): Promise<{ release(): Promise<void> }> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', () => reject(new Error(`another agent works on ${folder}`)))
    server.listen({ path: `\0holdfast-agent-${name}` }, resolve)
  })
  server.unref()
  return { release: () => new Promise((resolve) => void server.close(() => resolve())) }
}
