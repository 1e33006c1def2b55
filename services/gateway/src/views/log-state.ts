import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import { component, decimal, flagOut, id, ref, textOut, time, timeOrNull, words } from './fields.ts'
import { decimalOf, momentOf, present, timeOf, wordOf } from './print.ts'

// In the order of the proto enum, from 1.
const writeWords = ['open', 'checking', 'exhausted', 'frozen'] as const

const decimalOrNull = (description: string, example: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    pattern: '^[1-9][0-9]*$',
    description,
    examples: [example],
  })

export const LogIncident = component('LogIncident', {
  at: time('When it was noticed.'),
  kind: textOut(
    'log_healed, archive_healed, log_rebuilt, repaired, frozen, exhausted, opened or drift.',
    'log_healed',
  ),
  detail: textOut('For people.', '3 commits were put back from the archive'),
  first_sequence: decimalOrNull('First commit it concerns, if any.', '1040'),
  last_sequence: decimalOrNull('Last commit it concerns, if any.', '1042'),
})

export const LogVolume = component('LogVolume', {
  name: textOut('What lies there: log, archive or database.', 'archive'),
  directory: textOut('Where.', '/srv/holdfast-archive'),
  free_bytes: decimal('Free.', '81604378624'),
  total_bytes: decimal('Of the whole volume.', '107374182400'),
  reserve_bytes: decimal('Nothing is changed while less than this is free.', '1073741824'),
})

export const LogState = component('LogState', {
  writes: words(
    [...writeWords, 'unknown'],
    'open: changes are taken. checking: log and archive are being compared or healed. exhausted: a disk is nearly full; goes on by itself when there is room. frozen: they disagree, and a person decides.',
  ),
  reason: textOut('Why not, and what to do; empty when open.', ''),
  first_bad_sequence: decimalOrNull(
    'First commit log and archive disagree on; what a repair has to name.',
    '1042',
  ),
  durability: textOut('What an answer waits for: log+archive, or log alone.', 'log+archive'),
  lineage_id: id('The same for the life of the instance.'),
  generation: Type.Integer({
    description: 'Counts restores into an empty instance, from 1.',
    examples: [1],
  }),
  last_sequence: decimal('Last commit of the log.', '1042'),
  archived_sequence: decimal('Last commit of the archive.', '1042'),
  verified_sequence: decimal('How far the last whole comparison went.', '1000'),
  verified_at: timeOrNull('When it ended; null before the first.'),
  log_bytes: decimal('What the log takes.', '1843200'),
  log_max_bytes: decimal('What it may take at most.', '17179869184'),
  archive: Type.Object({
    directory: textOut('Where it lies.', '/srv/holdfast-archive'),
    segments: decimal('Segment files.', '3'),
    bytes: decimal('What they take.', '1843200'),
    sealed_sequence: decimal('Last commit in a finished segment.', '1000'),
  }),
  volumes: Type.Array(ref(LogVolume), { description: 'The disks that are watched.' }),
  incidents: Type.Array(ref(LogIncident), {
    description:
      'What was healed, refused or frozen since backup started; newest first, at most 50.',
  }),
})

export const LogVerification = component('LogVerification', {
  is_equal: flagOut('Whether log and archive hold the same.', true),
  compared: decimal('How many commits were compared.', '1042'),
  first_bad_sequence: decimalOrNull('First commit that differs or is missing.', '1042'),
  detail: textOut('What differs; empty when nothing does.', ''),
  took_ms: Type.Integer({ description: 'How long it took.', examples: [180] }),
})

type StateMessage = holdfast.backup.v1.LogState.$Properties

export const printLogState = (state: StateMessage): Static<typeof LogState> => ({
  writes: wordOf(writeWords, state.writes ?? 0),
  reason: state.reason ?? '',
  first_bad_sequence: someOf(state.firstBadSequence),
  durability: state.durability ?? '',
  lineage_id: state.lineageId ?? '',
  generation: state.generation ?? 0,
  last_sequence: decimalOf(state.lastSequence),
  archived_sequence: decimalOf(state.archivedSequence),
  verified_sequence: decimalOf(state.verifiedSequence),
  verified_at: timeOf(state.verifiedAtUnixMs),
  log_bytes: decimalOf(state.logBytes),
  log_max_bytes: decimalOf(state.logMaxBytes),
  archive: {
    directory: state.archiveDirectory ?? '',
    segments: decimalOf(state.segments),
    bytes: decimalOf(state.archiveBytes),
    sealed_sequence: decimalOf(state.sealedSequence),
  },
  volumes: (state.volumes ?? []).map((volume) => ({
    name: volume.name ?? '',
    directory: volume.directory ?? '',
    free_bytes: decimalOf(volume.freeBytes),
    total_bytes: decimalOf(volume.totalBytes),
    reserve_bytes: decimalOf(volume.reserveBytes),
  })),
  incidents: (state.incidents ?? []).map((incident) => ({
    at: momentOf(incident.atUnixMs),
    kind: incident.kind ?? '',
    detail: incident.detail ?? '',
    first_sequence: someOf(incident.firstSequence),
    last_sequence: someOf(incident.lastSequence),
  })),
})

export const printVerification = (
  found: holdfast.backup.v1.VerifyLogResponse.$Properties,
): Static<typeof LogVerification> => ({
  is_equal: present(found.isEqual, 'verdict'),
  compared: decimalOf(found.compared),
  first_bad_sequence: someOf(found.firstBadSequence),
  detail: found.detail ?? '',
  took_ms: found.tookMs ?? 0,
})

/** Zero is none. */
const someOf = (sequence: number | null | undefined): string | null =>
  sequence ? String(sequence) : null
