import { invalid } from '@holdfast/errors'
import type { Postgres } from '@holdfast/postgres'
import {
  type CosignedCheckpoint,
  checkpointAt,
  lastCheckpoint,
  withCosignatures,
} from '../checkpoints/checkpoint-store.ts'
import { CheckpointNotFound } from '../domain/errors.ts'

/** Of a size, or the last one for 0. */
export async function checkpointOf(
  postgres: Postgres,
  origin: string,
  size: bigint,
): Promise<CosignedCheckpoint> {
  const found =
    size === 0n
      ? await lastCheckpoint(postgres, origin)
      : await checkpointAt(postgres, origin, size)
  const [cosigned] = found ? await withCosignatures(postgres, origin, [found]) : []
  if (!cosigned) throw CheckpointNotFound({ size: size.toString() })
  return cosigned
}

export const printCheckpoint = ({
  size,
  root,
  cosignedNote,
  signedAt,
  witnesses,
}: CosignedCheckpoint) => ({
  size: Number(size),
  root,
  note: cosignedNote,
  signedAtUnixMs: signedAt.getTime(),
  witnesses: [...witnesses],
})

/** A sequence or a size as it stands on the wire. */
export function parseSize(value: number, field: string): bigint {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw invalid({ field, code: 'out_of_range', detail: 'must be below 2^53' })
  }
  return BigInt(value)
}
