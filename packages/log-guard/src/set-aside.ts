import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchivedCommit } from '@holdfast/archive'

/**
 * Keeps commits that are about to be given up: one JSON line each, binary as base64, in a file of its own.
 * On the disk when it resolves, with the file's path. Nothing of Holdfast ever reads it.
 */
export async function setAside(
  directory: string,
  what: string,
  commits: AsyncIterable<readonly ArchivedCommit[]>,
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `${what}-${Date.now()}.ndjson`)
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const batch of commits)
      await file.write(batch.map((commit) => `${JSON.stringify(printed(commit))}\n`).join(''))
    await file.sync()
  } finally {
    await file.close()
  }
  return path
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const printed = (commit: ArchivedCommit): Record<string, string> => ({
  sequence: commit.sequence.toString(),
  subject: commit.subject,
  messageId: commit.messageId,
  headers: base64(commit.headers),
  payload: base64(commit.payload),
  storedAtUnixNs: commit.storedAtUnixNs.toString(),
})
