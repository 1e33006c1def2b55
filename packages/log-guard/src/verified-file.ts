import { open, readFile, rename } from 'node:fs/promises'

/** How far log and archive were last seen equal, commit by commit. */
export interface Verified {
  readonly sequence: bigint
  readonly atUnixMs: number
}

export const neverVerified: Verified = { sequence: 0n, atUnixMs: 0 }

/** Of this log; anything that cannot be read counts as never. */
export async function readVerified(path: string, lineageId: string): Promise<Verified> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null) return neverVerified
    const fields = value as Record<string, unknown> // checked here
    const { sequence, atUnixMs } = fields
    const isOurs =
      fields['lineageId'] === lineageId &&
      typeof sequence === 'string' &&
      /^\d{1,19}$/.test(sequence) &&
      typeof atUnixMs === 'number'
    return isOurs ? { sequence: BigInt(sequence), atUnixMs } : neverVerified
  } catch {
    return neverVerified
  }
}

/** A convenience that saves reading: losing it costs time only, so it is not synced. */
export async function writeVerified(
  path: string,
  lineageId: string,
  { sequence, atUnixMs }: Verified,
): Promise<void> {
  const next = `${path}.next`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(
      `${JSON.stringify({ lineageId, sequence: sequence.toString(), atUnixMs })}\n`,
    )
  } finally {
    await file.close()
  }
  await rename(next, path)
}
