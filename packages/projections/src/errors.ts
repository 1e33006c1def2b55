import { defineError } from '@holdfast/errors'

export const Lagging = defineError(
  'projection.lagging',
  'unavailable',
  (d: { sequence: bigint; checkpoint: bigint }) =>
    `The read models include commits up to ${d.checkpoint}, not yet ${d.sequence}; try again.`,
)

export const UnknownProjection = defineError(
  'projection.not_found',
  'not_found',
  (d: { name: string }) => `There is no projection ${d.name}.`,
)

export const ProjectionPoisoned = defineError(
  'projection.poisoned',
  'internal',
  (d: { name: string; sequence: bigint }) =>
    `Projection ${d.name} cannot take in the commit at sequence ${d.sequence}.`,
)

export const NotProjecting = defineError(
  'projection.standby',
  'unavailable',
  (d: { service: string }) =>
    `Another instance of ${d.service} keeps the read models; ask that one.`,
)

/** Another process moved a checkpoint. Never shown: the projector starts over. */
export const CheckpointMoved = defineError(
  'projection.checkpoint_moved',
  'internal',
  (d: { service: string }) => `another process has moved a checkpoint of ${d.service}`,
)
