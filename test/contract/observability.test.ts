import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as dashboards from '../../scripts/dashboards/index.ts'
import { metricsTable, rowOf } from '../metrics-table.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const rows = metricsTable()

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>
}
const rules = (
  parse(read('deploy/observability/rules/holdfast.yml')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules)

function sources(): string[] {
  return ['packages', 'services', 'runtime/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(^|\/)src\/|^[^/]+\.ts$/.test(name) && name.endsWith('.ts'))
      .filter((name) => !/\.test\.ts$|\/gen\/|\/dist\/|node_modules/.test(name))
      .map((name) => join(folder, name)),
  )
}

/** Roles and users of Postgres are no metrics. */
const noMetrics = new Set(['holdfast_admin', 'holdfast_reader'])
const named = new Set(
  sources()
    .flatMap((file) => [...read(file).matchAll(/'(holdfast_[a-z_]+)'/g)])
    .flatMap(([, name]) => (name !== undefined && !noMetrics.has(name) ? [name] : [])),
)
// Made as text, by services/gateway/src/metrics/gather.ts.
named.add('holdfast_metrics_target_up')

test('every metric of the source is in docs/observability.md, once, and nothing else is', () => {
  const listed = rows.map(({ name }) => name)
  expect(listed.filter((name, at) => listed.indexOf(name) !== at)).toEqual([])
  const ours = listed.filter((name) => name.startsWith('holdfast_'))
  expect({ missing: [...named].filter((name) => !ours.includes(name)).sort() }).toEqual({
    missing: [],
  })
  expect({ gone: ours.filter((name) => !named.has(name)).sort() }).toEqual({ gone: [] })
})

test('names say what kind of metric it is, and no label is one Prometheus gives itself', () => {
  for (const { name, types, labels } of rows) {
    if (name.endsWith('*')) continue
    expect({ name, isCounter: types.includes('counter') }).toEqual({
      name,
      isCounter: name.endsWith('_total'),
    })
    for (const label of labels) expect(['job', 'instance', 'service', 'le']).not.toContain(label)
  }
})

const families = (text: string): string[] =>
  [...text.matchAll(/\b(?:holdfast|nodejs|process)_[a-z0-9_]+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  )

test('alerts say how grave they are, what it is and what to do, about metrics there are', () => {
  const page = read('docs/observability.md')
  const folder = 'deploy/observability/tests'
  const tests = readdirSync(join(root, folder))
    .map((name) => read(`${folder}/${name}`))
    .join('\n')
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
  for (const { alert, expr, labels, annotations } of rules) {
    expect(['critical', 'warning']).toContain(labels.severity)
    expect(annotations.summary.length).toBeGreaterThan(10)
    expect(annotations.description.length).toBeGreaterThan(10)
    expect(annotations.runbook_url).toBe(`docs/observability.md#${alert.toLowerCase()}`)
    expect(page).toContain(`### ${alert}\n`)
    expect(page).toContain(`\`\`\`promql\n${expr}\n\`\`\``)
    expect(tests).toContain(`ALERTS{alertname="${alert}", alertstate="firing"}`)
    for (const family of families(expr))
      expect([alert, family, rowOf(rows, family)?.name]).toEqual([
        alert,
        family,
        expect.any(String),
      ])
  }
})

interface PanelJson {
  readonly type: string
  readonly title?: string
  readonly description?: string
  readonly datasource?: unknown
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
  readonly targets?: readonly { readonly expr: string; readonly datasource: unknown }[]
  readonly panels?: readonly PanelJson[]
}
const panelsIn = (panels: readonly PanelJson[]): PanelJson[] =>
  panels.flatMap((panel) => [panel, ...panelsIn(panel.panels ?? [])])

test('committed dashboards are what their script makes', () => {
  const made = { holdfast: dashboards.holdfast, 'holdfast-network': dashboards.network }
  const folder = 'deploy/observability/grafana/dashboards'
  expect(readdirSync(join(root, folder)).sort()).toEqual(
    Object.keys(made)
      .map((name) => `${name}.json`)
      .sort(),
  )
  for (const [uid, dashboard] of Object.entries(made)) {
    expect(read(`${folder}/${uid}.json`)).toBe(`${JSON.stringify(dashboard, undefined, 2)}\n`)
    expect(dashboard.uid).toBe(uid)
    expect(dashboard.schemaVersion).toBe(42)
  }
})

test('every panel has a unit, an explanation, the chosen data source and metrics there are', () => {
  const alerts = new Set(rules.map(({ alert }) => alert))
  for (const dashboard of Object.values(dashboards)) {
    // as: what the builder made, of which only this much is looked at
    const panels = panelsIn((dashboard.panels ?? []) as unknown as PanelJson[])
    expect(panels.length).toBeGreaterThan(10)
    for (const panel of panels.filter(({ type }) => type !== 'row')) {
      const { title, description = '', fieldConfig, targets = [] } = panel
      expect([title, description.length > 3]).toEqual([title, true])
      expect([title, fieldConfig?.defaults.unit]).toEqual([title, expect.any(String)])
      expect([title, targets.length > 0]).toEqual([title, true])
      const source = { type: 'prometheus', uid: `\${datasource}` }
      for (const { expr, datasource } of [...targets, { expr: '', datasource: panel.datasource }]) {
        expect([title, datasource]).toEqual([title, source])
        for (const family of families(expr)) {
          expect([title, family, rowOf(rows, family)?.name]).toEqual([
            title,
            family,
            expect.any(String),
          ])
        }
      }
      for (const [alert] of description.matchAll(/Holdfast[A-Z]\w+/g)) {
        expect([title, alerts.has(alert)]).toEqual([title, true])
      }
    }
  }
})
