#!/usr/bin/env node
import { createReadStream, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { verifyArchive } from './archive.ts'
import { type Arguments, parseArguments, UsageError, usage } from './arguments.ts'
import { type Auditor, parseKeys, parseKnown } from './auditor.ts'
import { verifyBundle } from './bundle.ts'
import { verifyConsistency } from './consistency.ts'
import { verifyEntry } from './entry.ts'
import { progressLine } from './progress-line.ts'
import { exitCodeOf, exitCodes, toJson, toText, type VerifyResult } from './result.ts'

const version = '0.1.0'
/** Keys, notes and proofs; a bundle is streamed and may be of any size. */
const maxFileBytes = 32 * 1024 * 1024
const chunkBytes = 1024 * 1024
// Payloads come one after the other; a block of 8 KiB for every few of them is most of what there is to allocate.
Buffer.poolSize = 256 * 1024

/** What was given may be a file or the text itself; a verifier key has two plus signs, few file names do. */
const isKeyText = (text: string): boolean => /^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(text)

function read(name: string): Buffer {
  let bytes: Buffer
  try {
    bytes = readFileSync(name === '-' ? 0 : name)
  } catch (error) {
    throw unreadable(name, error)
  }
  if (bytes.length > maxFileBytes)
    throw new UsageError(`${name} is too large for what it should be`)
  return bytes
}

const unreadable = (name: string, error: unknown): UsageError =>
  new UsageError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`)

function auditorOf(options: Arguments): Auditor {
  const keys = (given: readonly string[], type: 'ed25519' | 'cosignature/v1') =>
    given.flatMap((one) =>
      isKeyText(one)
        ? parseKeys(one, type, 'the key given')
        : parseKeys(read(one).toString('utf8'), type, one),
    )
  const witnesses = keys(options.witnesses, 'cosignature/v1')
  const needed = options.witnessesNeeded ?? witnesses.length
  if (needed > witnesses.length)
    throw new UsageError(
      `--witnesses ${needed} cannot be met: ${witnesses.length} named with --witness`,
    )
  return {
    keys: keys(options.keys, 'ed25519'),
    witnesses,
    witnessesNeeded: needed,
    known: options.checkpoints.map((name) => parseKnown(read(name).toString('utf8'), name)),
    allowsUnpinned: options.allowUnpinned,
  }
}

async function* bytesOf(name: string): AsyncGenerator<Uint8Array> {
  const stream =
    name === '-' ? process.stdin : createReadStream(name, { highWaterMark: chunkBytes })
  try {
    yield* stream as AsyncIterable<Uint8Array>
  } catch (error) {
    throw unreadable(name, error)
  }
}

async function verify(options: Arguments): Promise<VerifyResult> {
  const auditor = auditorOf(options)
  const [first = '', second, third] = options.operands
  const line = progressLine(options.isQuiet)
  try {
    switch (options.command) {
      case 'bundle':
        return await verifyBundle(bytesOf(first), auditor, line.show)
      case 'archive':
        return await verifyArchive(resolve(first), auditor, line.show)
      case 'entry':
        return verifyEntry(read(first), auditor)
      case 'consistency': {
        const named = (name: string) => ({ name, text: read(name).toString('utf8') })
        return second === undefined
          ? verifyConsistency([], named(first), auditor)
          : verifyConsistency(
              [named(first), named(second)],
              third === undefined ? undefined : named(third),
              auditor,
            )
      }
    }
  } finally {
    line.clear()
  }
}

async function run(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help') || argv.length === 0) {
    process.stdout.write(usage)
    return argv.length === 0 ? exitCodes.wrongKeyOrUsage : exitCodes.ok
  }
  if (argv.includes('--version')) {
    process.stdout.write(`holdfast-verify ${version}\n`)
    return exitCodes.ok
  }
  const options = parseArguments(argv)
  const result = { ...(await verify(options)), operands: options.operands }
  if (options.isJson) process.stdout.write(`${JSON.stringify(toJson(result), null, 2)}\n`)
  else if (!options.isQuiet) process.stdout.write(toText(result))
  return exitCodeOf(result)
}

// A reader that has seen enough (`| head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  // A fault of this program says nothing about the evidence: never 1.
  const text = error instanceof UsageError ? error.message : String((error as Error).stack)
  process.stderr.write(`holdfast-verify: ${text}\n`)
  process.exitCode = exitCodes.wrongKeyOrUsage
}
