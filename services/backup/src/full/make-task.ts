import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { type AgeRecipients, type AgeStatement, ageSeal, encryptTo } from '@holdfast/crypto'
import { type BundleInput, encodeManifest, makeBundle, type TablePage } from '@holdfast/full-backup'
import type { Task } from '../work/task.ts'
import { type ConfigPlaces, configFiles } from './config-files.ts'

export interface MakeFullInput
  extends Omit<BundleInput, 'config' | 'tables' | 'extra' | 'passphrase' | 'signal' | 'reached'> {
  readonly places: ConfigPlaces
  /** An identity among the recipients, and what it is put under; none when nobody gave a passphrase. */
  readonly passphrase: { readonly text: string; readonly identity: string } | undefined
  /** Undefined: the bundle is not wrapped as a whole. */
  readonly wrapTo: AgeRecipients | undefined
}

export interface MadeFull {
  readonly path: string
  readonly manifest: string
}

export type MakeFullQuestions = {
  /** Undefined: that was the last. */
  readonly page: (nothing: null) => Promise<TablePage | undefined>
  readonly step: (step: 30 | 50 | 60) => Promise<void>
}

/** Makes a full backup, file by file of the archive, in bounded memory. */
export const makeFull: Task<MakeFullInput, MadeFull, never, MakeFullQuestions> = async (
  { places, passphrase, wrapTo, ...input },
  { ask, signal },
) => {
  const made = await makeBundle({
    ...input,
    passphrase: passphrase
      ? await ageSeal({ passphrase: passphrase.text }, Buffer.from(`${passphrase.identity}\n`))
      : new Uint8Array(),
    config: () => configFiles(places, signal),
    async *tables() {
      for (;;) {
        const page = await ask('page', null)
        if (!page) return
        yield page
      }
    },
    signal,
    reached: (step) => ask('step', step === 'collected' ? 30 : 50),
  })
  const { rootKeyFingerprint } = input.identity
  const path = wrapTo ? await wrapped(made.path, wrapTo, { rootKeyFingerprint }, signal) : made.path
  await ask('step', 60)
  return { path, manifest: encodeManifest(made.manifest).toString('utf8') }
}

/** The whole of it as one age file; the bundle itself goes. */
async function wrapped(
  path: string,
  to: AgeRecipients,
  states: AgeStatement,
  signal: AbortSignal,
): Promise<string> {
  const into = `${path}.age`
  await pipeline(
    createReadStream(path, { highWaterMark: 1024 * 1024 }),
    (plain: AsyncIterable<Uint8Array>) => encryptTo(to, plain, states),
    createWriteStream(into, { flags: 'wx', mode: 0o600 }),
    { signal },
  )
  const file = await open(into, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rm(path)
  return into
}
