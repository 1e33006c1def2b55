import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { verifyBundle } from './verify/verify-bundle.ts'

const vectors = new URL('../vectors/', import.meta.url)

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

test('the published backup is read as it was, for good', async () => {
  const bytes = readFileSync(new URL('v1.hfbak', vectors))
  const key = readFileSync(new URL('recovery.key', vectors), 'utf8').trim()
  const { manifest, ...rest } = await verifyBundle(once(bytes), { using: [key] })
  expect(rest).toMatchObject({ members: 12, segments: 3, isWrapped: false, unopened: [] })
  expect(manifest).toMatchObject({
    createdAtUnixSeconds: Date.UTC(2026, 3, 23, 3, 0, 1) / 1000,
    lineageId: '01930000-0000-7000-8000-000000000001',
    generation: 1,
    lastSequence: 9n,
    tables: [{ name: 'notify.deliveries', migration: 3, rows: 3 }],
    missing: [],
  })
  const page = readFileSync(new URL('../../../docs/formats/hfbak.md', import.meta.url), 'utf8')
  expect(page).toContain(`"root": "${Buffer.from(manifest.root).toString('hex')}"`)
})
