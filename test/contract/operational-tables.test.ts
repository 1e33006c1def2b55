import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { OperationalTables } from '@holdfast/service'
import { expect, test } from 'vitest'
import { operationalTables as audit } from '../../services/audit/src/operational-tables.ts'
import { operationalTables as auth } from '../../services/auth/src/operational-tables.ts'
import { operationalTables as backup } from '../../services/backup/src/operational-tables.ts'
import { operationalTables as network } from '../../services/network/src/operational-tables.ts'
import { operationalTables as notify } from '../../services/notify/src/operational-tables.ts'
import { operationalTables as rules } from '../../services/rules/src/operational-tables.ts'

const services: Readonly<Record<string, OperationalTables>> = {
  audit,
  auth,
  backup,
  network,
  notify,
  rules,
}
const root = fileURLToPath(new URL('../../services/', import.meta.url))

function statementsOf(service: string): string {
  const directory = `${root}${service}/migrations`
  const files = readdirSync(directory).filter((name) => name.endsWith('.sql'))
  return files.map((name) => readFileSync(`${directory}/${name}`, 'utf8')).join('\n')
}

test('every service with migrations is among them', () => {
  const found = readdirSync(root).filter((name) => {
    try {
      return readdirSync(`${root}${name}/migrations`).length > 0
    } catch {
      return false
    }
  })
  expect(found.sort()).toEqual(Object.keys(services))
})

test.each(Object.keys(services))(
  'every table the migrations of %s make is kept in full backups, or left out for a reason',
  (service) => {
    const { kept, left } = services[service] ?? { kept: [], left: {} }
    const text = statementsOf(service)
    const made = [...text.matchAll(/^create (?:unlogged )?table (?:if not exists )?(\w+)/gm)]
    const gone = [...text.matchAll(/^drop table (?:if exists )?(\w+)/gm)].map(([, name]) => name)
    const there = made.flatMap(([, name]) => (name && !gone.includes(name) ? [name] : []))
    expect([...kept, ...Object.keys(left)].sort()).toEqual(there.sort())
    for (const reason of Object.values(left)) expect(reason.length).toBeGreaterThan(20)
  },
)

test.each(Object.entries(services))(
  'what of %s a restore leaves out is kept, for a reason',
  (_, tables) => {
    const { kept, notRestored = {} } = tables
    for (const [table, reason] of Object.entries(notRestored)) {
      expect(kept).toContain(table)
      expect(reason.length).toBeGreaterThan(10)
    }
  },
)
