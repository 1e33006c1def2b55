import { readFileSync } from 'node:fs'

export interface Row {
  readonly name: string
  readonly types: readonly string[]
  readonly labels: readonly string[]
}

/** The rows of docs/observability.md, "Every metric". A name that ends in `*` stands for a family of the runtime. */
export function metricsTable(): readonly Row[] {
  const page = readFileSync(new URL('../docs/observability.md', import.meta.url), 'utf8')
  const rows: Row[] = []
  for (const line of page.split('\n')) {
    const [, name, types, labels] = /^\| `([a-z_]+\*?)` \| ([a-z, ]+) \| (.*?) \|/.exec(line) ?? []
    if (name === undefined || types === undefined || labels === undefined) continue
    rows.push({
      name,
      types: types.split(', '),
      labels: labels.replaceAll('`', '').split(', ').filter(Boolean),
    })
  }
  return rows
}

export const rowOf = (rows: readonly Row[], name: string): Row | undefined =>
  rows.find((row) =>
    row.name.endsWith('*') ? name.startsWith(row.name.slice(0, -1)) : row.name === name,
  )
