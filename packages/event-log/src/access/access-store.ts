import { readFile } from 'node:fs/promises'
import type { ConnectOptions } from '../connection.ts'
import { ingestSubject, tokenIn } from '../ingest.ts'
import { type Link, openLink } from '../link.ts'
import { encodeHeaders } from '../requests.ts'
import { accessContext, accessStream, accessSubject } from './access-subjects.ts'

/** Where records go. */
export interface AccessStore {
  /** Resolves once the record is stored; rejects when that is not known. Repeating it stores it once. */
  store(id: string, record: Uint8Array): Promise<void>
  close(): Promise<void>
}

const timeoutMs = 4_000

/**
 * The stream ACCESS as its writer `connect.name` sees it, over a connection of its own: a flood at the door must not
 * come in the way of the log. It asks no guard; attempts are recorded also while the log takes no changes.
 */
export function accessStore(connect: ConnectOptions): AccessStore {
  const { name } = connect
  let opening: Promise<{ readonly link: Link; readonly token: string }> | undefined

  async function open() {
    const file = connect.credentialsFile
    const credentials = file === undefined ? '' : await readFile(file, 'utf8')
    const token = tokenIn(credentials, accessContext) ?? ''
    return { link: await openLink(connect), token }
  }

  return {
    async store(id, record) {
      opening ??= open().catch((error: unknown) => {
        opening = undefined
        throw error
      })
      const { link, token } = await opening
      const headers = encodeHeaders([
        ['Nats-Msg-Id', id],
        ['Nats-Expected-Stream', accessStream],
      ])
      const subject = ingestSubject(token, accessSubject(name))
      const answer = await link.requests.ask(subject, record, { headers, timeoutMs })
      const text = Buffer.from(answer.data).toString('utf8')
      if (!/"seq"\s*:\s*[1-9]/.test(text)) throw new Error(`not stored: ${text.slice(0, 200)}`)
    },
    async close() {
      const opened = await opening?.catch(() => undefined)
      await opened?.link.close()
    },
  }
}
