import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import type { Said } from '../every-service.ts'
import {
  component,
  decimal,
  integerOut,
  listOut,
  ref,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, momentOf, present, timeOf, wordOf } from './print.ts'

type Ops = typeof holdfast.ops.v1
type Answers<K extends 'ListReadModelsResponse' | 'GetCheckResponse'> = readonly Said<
  InstanceType<Ops[K]>
>[]

const service = textOut('The service that keeps it.', 'network')

export const SilentService = component('SilentService', {
  service: textOut('The service.', 'rules'),
  reason: textOut('Why it says nothing.', 'rules cannot be reached right now.'),
})
const silent = Type.Array(ref(SilentService), {
  description: 'Services that did not answer: of their read models nothing is known now.',
})

export const ReadModel = component('ReadModel', {
  service,
  name: textOut('Its name.', 'network.peers'),
  version: integerOut('Raised with every change of what its rows are.', 2),
  state: textOut('starting, live, standby or halted.', 'live'),
  sequence: decimal('Last commit its rows include.', '1042'),
  reason: textOut('Why it is halted, or shows rows of a log that is closed.', ''),
})

export const ReadModelList = component('ReadModelList', {
  items: Type.Array(ref(ReadModel)),
  silent,
})

const states = ['pending', 'running', 'equal', 'different', 'failed'] as const

export const ReadModelDifference = component('ReadModelDifference', {
  table: textOut('Ends in `__past` for versions of rows, read by `at`.', 'peers'),
  key: Type.Record(Type.String(), Type.String(), {
    description: 'Key columns of the first row that differs, and their values.',
    examples: [{ peer_id: '019a4c3e-6b5a-7c1e-9f6b-3f0f5d1c2a10' }],
  }),
  kind: textOut(
    'changed; missing: only the replay has it; unexpected: the log has not.',
    'changed',
  ),
  columns: listOut('Columns that differ. Values are not shown.', 'name'),
  rows: decimal('Differing rows of that table.', '1'),
})

export const CheckedReadModel = component('CheckedReadModel', {
  service,
  name: textOut('Its name.', 'network.peers'),
  state: words(
    [...states, 'unknown'],
    'equal: row by row what a replay makes. different: see difference. failed: it could not be compared, see error.',
  ),
  sequence: decimal('Commits replayed so far.', '1042'),
  goal: decimal('Commits to replay.', '1042'),
  seconds: Type.Number({ description: 'How long it took.', examples: [3.2] }),
  difference: Type.Union([ref(ReadModelDifference), Type.Null()]),
  error: textOut('Why it could not be compared.', ''),
})

export const ReadModelCheck = component('ReadModelCheck', {
  state: words(
    ['none', 'running', 'equal', 'different', 'failed'],
    'none: no check since the services started. failed: not all could be compared, none differed.',
  ),
  started_at: timeOrNull('When the first service began.'),
  finished_at: timeOrNull('When the last one ended; null while any runs.'),
  items: Type.Array(ref(CheckedReadModel)),
  silent,
})

export const ReadModelCheckStart = component('ReadModelCheckStart', {
  started_at: time('When this was asked for.'),
  services: listOut('Services that check now.', 'network', 'rules'),
  silent,
})

const printSilent = (all: readonly Said<unknown>[]): Static<typeof SilentService>[] =>
  all.flatMap(({ service, reason }) => (reason === undefined ? [] : [{ service, reason }]))

export const printReadModels = (
  all: Answers<'ListReadModelsResponse'>,
): Static<typeof ReadModelList> => ({
  items: all.flatMap(({ service, answer }) =>
    (answer?.readModels ?? []).map(({ name, version, state, sequence, reason }) => ({
      service,
      name: name ?? '',
      version: version ?? 0,
      state: state ?? '',
      sequence: decimalOf(sequence),
      reason: reason ?? '',
    })),
  ),
  silent: printSilent(all),
})

export const printStart = (
  all: readonly Said<unknown>[],
  nowUnixMs: number,
): Static<typeof ReadModelCheckStart> => ({
  started_at: momentOf(nowUnixMs),
  services: all.flatMap(({ service, answer }) => (answer === undefined ? [] : [service])),
  silent: printSilent(all),
})

export function printCheck(all: Answers<'GetCheckResponse'>): Static<typeof ReadModelCheck> {
  const checks = all.flatMap(({ service, answer }) =>
    answer?.check ? [{ service, check: answer.check }] : [],
  )
  const items = checks.flatMap(({ service, check }) =>
    (check.readModels ?? []).map((item) => printItem(service, item)),
  )
  const started = checks.map(({ check }) => Number(check.startedAtUnixMs ?? 0))
  const finished = checks.map(({ check }) => Number(check.finishedAtUnixMs ?? 0))
  const isRunning = finished.includes(0)
  const has = (state: string): boolean => items.some((item) => item.state === state)
  const quiet = printSilent(all)
  const outcome = has('different')
    ? 'different'
    : has('failed') || quiet.length > 0
      ? 'failed'
      : 'equal'
  return {
    state: checks.length === 0 ? 'none' : isRunning ? 'running' : outcome,
    started_at: timeOf(checks.length === 0 ? 0 : Math.min(...started)),
    finished_at: timeOf(checks.length === 0 || isRunning ? 0 : Math.max(...finished)),
    items,
    silent: quiet,
  }
}

function printItem(
  service: string,
  item: holdfast.ops.v1.ICheckedReadModel,
): Static<typeof CheckedReadModel> {
  const { difference } = item
  return {
    service,
    name: present(item.name, 'name'),
    state: wordOf(states, item.state ?? 0),
    sequence: decimalOf(item.sequence),
    goal: decimalOf(item.goal),
    seconds: item.seconds ?? 0,
    difference: difference
      ? {
          table: difference.table ?? '',
          key: { ...difference.key },
          kind: difference.kind ?? '',
          columns: [...(difference.columns ?? [])],
          rows: decimalOf(difference.rows),
        }
      : null,
    error: item.error ?? '',
  }
}
