import { readFileSync } from 'node:fs'
import { isUuid } from '@holdfast/domain'

/** Which log this is, chosen at the first start and the same for ever. */
export interface Instance {
  readonly lineageId: string
  /** From 1. */
  readonly generation: number
  /** Bound of the stream. */
  readonly maxBytes: number
}

/** Throws, naming the file, when it is not what the supervisor writes. */
export function readInstance(file: string): Instance {
  const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<keyof Instance, unknown>> // checked below
  const { lineageId, generation, maxBytes } = value
  if (
    typeof lineageId !== 'string' ||
    !isUuid(lineageId) ||
    !isCount(generation) ||
    !isCount(maxBytes)
  ) {
    throw new Error(`${file} does not say which log this is`)
  }
  return { lineageId, generation, maxBytes }
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0
