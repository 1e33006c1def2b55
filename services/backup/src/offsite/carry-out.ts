import { readFile } from 'node:fs/promises'
import { cutSegment, sealedBytes, sealedFacts } from '@holdfast/archive'
import { type ObjectName, objectKeys } from '@holdfast/full-backup'
import { openStorage, type Storage, surroundingsOf } from '@holdfast/storage'
import { checksumKey } from '../jobs/object-tasks.ts'
import type { Task, TaskContext } from '../work/task.ts'
import { one, type PutObject, putObject } from './put-object.ts'
import type { Destination, Done, Step, StepQuestions, StreamName } from './steps.ts'

export interface CarryOutInput {
  readonly steps: readonly Step[]
  readonly recipients: readonly string[]
  readonly rootKeyFingerprint: string
}
type Context = Pick<TaskContext<number, StepQuestions>, 'ask' | 'signal' | 'progress'>

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Does the steps in order; stops at the first that fails. What is done is told before the next begins. */
export async function carryOut(
  storage: Storage,
  { steps, recipients, rootKeyFingerprint }: CarryOutInput,
  { ask, signal, progress }: Context,
): Promise<void> {
  let bytes = 0
  const count = (more: number): void => {
    bytes += more
    progress(bytes)
  }
  const noChain = { previousHash: '', lastHash: '' }

  async function put(
    name: ObjectName,
    what: Pick<PutObject, 'plain' | 'isCompressed'> & { readonly isSealed?: boolean },
    chain: Pick<Extract<Done, { did: 'put' }>, 'previousHash' | 'lastHash'> = noChain,
  ): Promise<void> {
    const startedAt = performance.now()
    const { isSealed, ...rest } = what
    const object = {
      ...{ key: name.key, ...rest, rootKeyFingerprint },
      recipients: isSealed ? undefined : recipients,
    }
    const stored = await putObject(storage, object, signal, count)
    const tookMs = performance.now() - startedAt
    await ask('done', { did: 'put', name, ...stored, ...chain, tookMs })
  }

  async function* pieces(stream: StreamName): AsyncGenerator<Uint8Array> {
    for (let piece = 0; ; piece++) {
      const bytesOf = await ask('piece', { stream, piece })
      if (!bytesOf) return
      yield bytesOf
    }
  }

  for (const step of steps) {
    signal.throwIfAborted()
    switch (step.do) {
      case 'segment': {
        const { directory, file } = step
        const { previousHash, footer } = await sealedFacts(directory, file)
        const chain = { previousHash: hex(previousHash), lastHash: hex(footer.lastHash) }
        await put(
          step.name,
          { plain: () => sealedBytes(directory, file), isCompressed: true },
          chain,
        )
        break
      }
      case 'tail':
        for (let from = step.from; from <= step.to; ) {
          const cut = await cutSegment({ ...step, from })
          const chain = { previousHash: hex(cut.previousHash), lastHash: hex(cut.lastHash) }
          await put(
            objectKeys(step.lineageId).tail(step.generation, cut.first, cut.last),
            { plain: () => one(cut.bytes), isCompressed: true },
            chain,
          )
          from = cut.last + 1n
        }
        break
      case 'file': {
        const content = await readFile(step.path)
        await put(step.name, { plain: () => one(content), isCompressed: step.isCompressed })
        break
      }
      case 'sealed':
        await put(step.name, {
          plain: () => one(step.bytes),
          isCompressed: false,
          isSealed: true,
        })
        break
      case 'stream':
        await put(step.name, {
          plain: () => pieces(step.stream),
          isCompressed: step.isCompressed,
        })
        break
      case 'delete':
        // The checksum first: what is half gone is nothing to anybody.
        await storage.delete(checksumKey(step.key), signal)
        await storage.delete(step.key, signal)
        await ask('done', { did: 'delete', key: step.key })
    }
  }
}

/** Opens the destination for as long as it is used. */
export async function withDestination<T>(
  { access, surroundings }: Destination,
  use: (storage: Storage) => Promise<T>,
): Promise<T> {
  const { kind, config, credentials } = access
  const storage = await openStorage(kind, config, credentials, surroundingsOf(surroundings))
  try {
    return await use(storage)
  } finally {
    await storage.close()
  }
}

export const carryOutTask: Task<Destination & CarryOutInput, null, number, StepQuestions> = async (
  input,
  context,
) => {
  await withDestination(input, (storage) => carryOut(storage, input, context))
  return null
}

/** When the commit was stored by the server, ms since 1970. */
export const storedAtTask: Task<
  { readonly directory: string; readonly from: bigint },
  number
> = async ({ directory, from }) => {
  const cut = await cutSegment({ directory, from, to: from, maxBytes: 1 })
  return Number(cut.oldestStoredAtUnixNs / 1_000_000n)
}
