import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** Every dashboard asks the data source its reader chose. */
const source = { type: 'prometheus', uid: `\${datasource}` }

/** Which suite is looked at. Replaces `@` in a query: `holdfast_nodes{@, state="silent"}`. */
const scope = 'job=~"$job", instance=~"$instance"'

export interface PanelSpec {
  readonly title: string
  readonly description: string
  /** Of Grafana: `s`, `bytes`, `reqps`, `percentunit`, … */
  readonly unit: string
  /** Legend and expression. */
  readonly queries: readonly (readonly [legend: string, expression: string])[]
  /** From here on it is yellow, red: where the alert begins, if there is one. */
  readonly warning?: number
  readonly critical?: number
  /** Red below instead of above. */
  readonly isLowBad?: boolean
  /** Why a suite that runs well may show nothing here: said in the description, after "No data until". */
  readonly noDataUntil?: string
}

export interface RowSpec {
  readonly title: string
  readonly panels: readonly PanelSpec[]
  readonly kind?: 'stat'
  readonly isCollapsed?: boolean
}

const columns = 24

const thresholdsOf = ({ warning, critical, isLowBad }: PanelSpec): ThresholdsConfigBuilder => {
  const steps: { value: number | null; color: string }[] = [
    { value: null, color: isLowBad ? 'red' : 'green' },
  ]
  if (isLowBad) steps.push({ value: critical ?? warning ?? 1, color: 'green' })
  else {
    if (warning !== undefined) steps.push({ value: warning, color: 'orange' })
    if (critical !== undefined) steps.push({ value: critical, color: 'red' })
  }
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps)
}

function panel(spec: PanelSpec, kind: RowSpec['kind'], span: number): Builder<Panel> {
  const { title, description, unit, queries, noDataUntil } = spec
  const text = noDataUntil ? `${description} No data until ${noDataUntil}.` : description
  const builder = kind === 'stat' ? new StatBuilder() : new SeriesBuilder().fillOpacity(8)
  builder
    .title(title)
    .description(text)
    .datasource(source)
    .unit(unit)
    .thresholds(thresholdsOf(spec))
    .span(span)
    .height(kind === 'stat' ? 4 : 8)
  if (kind !== 'stat') builder.min(0)
  queries.forEach(([legend, expression], index) => {
    builder.withTarget(
      new DataqueryBuilder()
        .datasource(source)
        .refId(String.fromCharCode(65 + index))
        .expr(expression.replaceAll('@', scope))
        .legendFormat(legend)
        .range(),
    )
  })
  return builder
}

const choice = (name: string, label: string, query: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(source)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' })

export function dashboard(
  about: {
    readonly uid: string
    readonly title: string
    readonly description: string
    /** Beside job and instance: name, label and query. */
    readonly choices?: readonly (readonly [string, string, string])[]
  },
  rows: readonly RowSpec[],
): Dashboard {
  const built = new DashboardBuilder(about.title)
    .uid(about.uid)
    .description(about.description)
    .tags(['holdfast'])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .withVariable(
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    )
    .withVariable(choice('job', 'Job', 'label_values(holdfast_build_info, job)'))
    .withVariable(
      choice('instance', 'Instance', 'label_values(holdfast_build_info{job=~"$job"}, instance)'),
    )
    .annotation(
      new AnnotationQueryBuilder()
        .name('Starts')
        .datasource(source)
        .enable(true)
        .iconColor('purple')
        .expr(
          `changes(process_start_time_seconds{${scope}}[1m]) > 0 or changes(holdfast_log_incidents_total{${scope}}[1m]) > 0`,
        ),
    )
  for (const [name, label, query] of about.choices ?? []) {
    built.withVariable(choice(name, label, query.replaceAll('@', scope)))
  }
  for (const { title, panels, kind, isCollapsed } of rows) {
    const span = Math.max(4, Math.floor(columns / panels.length))
    const row = new RowBuilder(title)
    if (isCollapsed) {
      row.collapsed(true)
      for (const spec of panels) row.withPanel(panel(spec, kind, span))
      built.withRow(row)
      continue
    }
    built.withRow(row)
    for (const spec of panels) built.withPanel(panel(spec, kind, span))
  }
  return built.build()
}
