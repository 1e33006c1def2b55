import { setTimeout as pause } from 'node:timers/promises'
import type { ApiClient } from '../client.ts'
import type { Check } from './firewall-checks.ts'

interface Difference {
  readonly table: string
  readonly key: Readonly<Record<string, string>>
  readonly kind: string
  readonly columns: readonly string[]
  readonly rows: string
}

interface Checked {
  readonly service: string
  readonly name: string
  readonly state: 'pending' | 'running' | 'equal' | 'different' | 'failed' | 'unknown'
  readonly sequence: string
  readonly goal: string
  readonly seconds: number
  readonly difference: Difference | null
  readonly error: string
}

export interface ReadModelCheck {
  readonly state: 'none' | 'running' | 'equal' | 'different' | 'failed'
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly items: readonly Checked[]
  readonly silent: readonly { readonly service: string; readonly reason: string }[]
}

const path = '/operator/read-models/check'
const pollMs = 500

/** Has all read models compared with a replay of the log, and waits for the outcome. */
export async function compareReadModels(
  api: ApiClient,
  onProgress: (line: string) => void,
): Promise<ReadModelCheck> {
  await api.json(path, { method: 'POST' })
  for (;;) {
    const check = await api.json<ReadModelCheck>(path)
    if (check.state !== 'running') return check
    onProgress(progressOf(check))
    await pause(pollMs)
  }
}

function progressOf({ items }: ReadModelCheck): string {
  const done = items.filter(({ state }) => !['pending', 'running'].includes(state)).length
  const now = items
    .filter(({ state }) => state === 'running')
    .map(({ name, sequence, goal }) => `${name} ${count(sequence)} of ${count(goal)}`)
  return `${done} of ${items.length} read models compared${now.length > 0 ? `; at ${now.join(', ')}` : ''}`
}

const remedy =
  'somebody wrote to the database, or a defect did: keep a copy of it, see docs/running.md, "A read model differs"'

/** The lines of `doctor --deep`: one a read model, then what it comes to. */
export function readModelLines(check: ReadModelCheck): readonly Check[] {
  const { items, silent } = check
  return [...items.map(lineOf), ...silent.map(silentLine), summary(check)]
}

function lineOf(item: Checked): Check {
  const name = `read model ${item.name}`
  switch (item.state) {
    case 'equal':
      return {
        name,
        state: 'ok',
        detail: `equal to a replay of ${count(item.sequence)} commits, ${seconds(item.seconds)}`,
      }
    case 'different':
      return { name, state: 'failed', detail: difference(item.difference), remedy }
    default:
      return { name, state: 'failed', detail: item.error || 'could not be compared' }
  }
}

const silentLine = ({ service, reason }: ReadModelCheck['silent'][number]): Check => ({
  name: `read models of ${service}`,
  state: 'failed',
  detail: `could not be compared: ${reason}`,
})

function difference(found: Difference | null): string {
  if (!found) return 'differs from a replay'
  const key = Object.entries(found.key).map(([column, value]) => `${column}=${value}`)
  const where = `table ${found.table}, ${key.join(', ')}`
  const more = found.rows === '1' ? '' : `; the first of ${count(found.rows)} rows`
  switch (found.kind) {
    case 'missing':
      return `${where}: a replay has this row, the read model has not${more}`
    case 'unexpected':
      return `${where}: the read model has this row, a replay has not${more}`
    default:
      return `${where}: differs in ${found.columns.join(', ')}${more}`
  }
}

function summary({ items, silent, started_at, finished_at }: ReadModelCheck): Check {
  const name = 'read models'
  const models = `${items.length} read ${items.length === 1 ? 'model' : 'models'}`
  const unequal = items.filter(({ state }) => state !== 'equal').length
  const took = (Date.parse(finished_at ?? '') - Date.parse(started_at ?? '')) / 1000
  if (unequal === 0 && silent.length === 0 && items.length > 0) {
    const commits = items.map(({ sequence }) => Number(sequence))
    const all = `all equal to a replay of ${count(Math.max(...commits))} commits, ${seconds(took)}`
    return { name, state: 'ok', detail: `${models}, ${all}` }
  }
  const bad = items.filter(({ state }) => state === 'different').length
  const unknown = unequal - bad + silent.length
  const parts = [
    ...(bad > 0 ? [`${bad} differ from a replay`] : []),
    ...(unknown > 0 ? [`${unknown} could not be compared`] : []),
    ...(items.length === 0 && unknown === 0 ? ['nothing was compared'] : []),
  ]
  return { name, state: 'failed', detail: `${models}: ${parts.join(', ')}` }
}

const count = (value: string | number): string => Number(value).toLocaleString('en-US')

const seconds = (value: number): string =>
  Number.isNaN(value) ? '0 s' : `${value < 10 ? value.toFixed(1) : Math.round(value)} s`
