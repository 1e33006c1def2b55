import type { Client } from 'basic-ftp'
import { replyOf } from './errors.ts'

/** Where an object is, and where the one before is put while it is replaced. */
export interface Displaced {
  readonly name: string
  readonly aside: string
}

type Renaming = Pick<Client, 'rename' | 'send'>

/** Servers that do not rename over a file have the old one put aside first. When it fails, `putBack` brings that back. */
export async function replace(
  client: Renaming,
  from: string,
  { name, aside }: Displaced,
): Promise<void> {
  try {
    return void (await client.rename(from, name))
  } catch (error) {
    if (replyOf(error) === undefined) throw error
    // Nothing to put aside: it failed for another reason.
    await client.rename(name, aside).catch(() => {
      throw error
    })
    await client.rename(from, name)
    // The new one is there; what stays is swept.
    await client.send(`DELE ${aside}`).catch(() => undefined)
  }
}

/** Over a connection that works: the one it failed on may be gone. A name somebody has again is left alone. */
export async function putBack(client: Renaming, { name, aside }: Displaced): Promise<void> {
  const isTaken = await client.send(`RNFR ${name}`).then(
    () => true,
    () => false,
  )
  if (isTaken) return
  // None was put aside, mostly.
  await client.rename(aside, name).catch(() => undefined)
}
