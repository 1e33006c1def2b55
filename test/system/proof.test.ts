import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseVerifierKey, signer } from '@holdfast/merkle'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, Refused, signIn } from './api.ts'
import { logKeyOf } from './log-key.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// What an auditor does: takes files from the server once, and checks them without it.

const missing = missingForTunnels()
if (missing) console.log(`skipped: proofs with a host as a witness (${missing})`)

interface Verdict {
  readonly exitCode: number
  readonly report: {
    readonly first_bad_sequence: string | null
    readonly size: string | null
  }
  readonly stderr: string
}

interface Checkpoint {
  readonly size: string
  readonly note: string
  readonly witnesses: readonly string[]
}

describe.skipIf(missing !== undefined)('the log, proven to an outsider', () => {
  let network: Network
  let suite: Suite
  let api: Api
  let desk: string
  let logKey: string

  beforeAll(async () => {
    network = createNetwork()
    suite = await startSuite({
      namespace: network.server,
      address: network.serverAddress,
      localNode: true,
    })
    api = await suite.admin()
    // The verifier alone, where nothing of the server can be reached.
    desk = mkdtempSync(join(tmpdir(), 'holdfast-auditor-'))
    const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
    copyFileSync(join(root, 'dist/holdfast-verify.mjs'), join(desk, 'holdfast-verify.mjs'))
    for (let n = 0; n < 40; n += 1) await api.post('/sites', { name: `site-${n}` })
    logKey = await logKeyOf(api)
  })
  afterAll(async () => {
    await suite?.remove()
    network?.remove()
    if (desk) rmSync(desk, { recursive: true })
  })

  const saved = (name: string, content: string): string => {
    writeFileSync(join(desk, name), content)
    return name
  }
  const verify = (...args: readonly string[]): Promise<Verdict> =>
    new Promise((done, fail) => {
      const options = { cwd: desk, env: {}, timeout: 60_000, maxBuffer: 1 << 26 }
      const words = ['holdfast-verify.mjs', ...args, '--json']
      execFile(process.execPath, words, options, (error, stdout, stderr) => {
        const code = error ? error.code : 0
        if (typeof code !== 'number' || stdout === '') fail(error ?? new Error(stderr))
        else done({ exitCode: code, report: JSON.parse(stdout) as Verdict['report'], stderr })
      })
    })
  const signNow = (): Promise<Checkpoint> => api.post<Checkpoint>('/audit/checkpoints')

  test('a bundle, an entry, two checkpoints and the archive verify with the pinned key', async () => {
    const earlier = await signNow()
    for (let n = 0; n < 20; n += 1) await api.post('/sites', { name: `later-${n}` })
    const { size } = await signNow()
    const key = ['--key', logKey]

    const bundle = saved('log.hfbundle', await api.text('/audit/bundle'))
    const whole = await verify('bundle', bundle, ...key)
    expect(whole).toMatchObject({ exitCode: 0, report: { first_bad_sequence: null } })
    expect(Number(whole.report.size)).toBeGreaterThanOrEqual(Number(size))
    const held = saved('held.note', earlier.note)
    expect((await verify('bundle', bundle, ...key, '--checkpoint', held)).exitCode).toBe(0)

    const part = saved('part.hfbundle', await api.text('/audit/bundle?from=11&to=30'))
    expect((await verify('bundle', part, ...key)).exitCode).toBe(0)

    const entry = await api.call<unknown>('GET', '/audit/log/12/proof')
    const proof = saved('entry.json', JSON.stringify(entry.body))
    expect((await verify('entry', proof, ...key)).exitCode).toBe(0)

    const path = `/audit/consistency/document?from=${earlier.size}&to=${size}`
    const both = await api.call<{ from: string; to: string }>('GET', path)
    const [from, to] = [saved('from.note', both.body.from), saved('to.note', both.body.to)]
    const document = saved('consistency.json', JSON.stringify(both.body))
    expect((await verify('consistency', from, to, document, ...key)).exitCode).toBe(0)

    await until('the archive verifies', async () => {
      const { exitCode } = await verify('archive', join(suite.data, 'archive'), ...key)
      return exitCode === 0
    })
  })

  test('one changed letter is placed, and another key is no key', async () => {
    await signNow()
    const lines = (await api.text('/audit/bundle')).split('\n')
    const at = lines.findIndex((line) => line.includes('"sequence":"17"'))
    const { payload } = JSON.parse(lines[at] ?? '{}') as { payload: string }
    const flipped = `${payload.slice(0, 8)}${payload[8] === 'A' ? 'B' : 'A'}${payload.slice(9)}`
    const changed = lines.with(at, (lines[at] ?? '').replace(payload, flipped)).join('\n')
    const bad = await verify('bundle', saved('changed.hfbundle', changed), '--key', logKey)
    expect(bad).toMatchObject({ exitCode: 1, report: { first_bad_sequence: '17' } })

    const cut = saved('cut.hfbundle', `${lines.slice(0, 30).join('\n')}\n`)
    expect((await verify('bundle', cut, '--key', logKey)).exitCode).toBe(2)

    const foreign = signer(parseVerifierKey(logKey).name, randomBytes(32)).key.text
    const bundle = saved('log.hfbundle', lines.join('\n'))
    expect((await verify('bundle', bundle, '--key', foreign)).exitCode).toBe(3)
  })

  test('this host is a witness: it cosigns, and its word counts', async () => {
    await api.post('/sites', { name: 'witnessed' })
    await signNow()
    const checkpoint = await until(
      'a cosigned checkpoint',
      async () => {
        const found = await api.get<{ items: Checkpoint[] }>('/audit/checkpoints')
        return found.items.find(({ witnesses }) => witnesses.length > 0)
      },
      { timeoutMs: 90_000, everyMs: 250 },
    )
    const { items } = await api.get<{
      items: { verifier_key: string; refusal: string; size: string }[]
    }>('/audit/witnesses')
    expect(items).toHaveLength(1)
    expect(items[0]?.refusal).toBe('')
    // The auditor asks the host itself for its key, not the server.
    const witness = JSON.parse(
      network.exec(network.server, 'cat', join(suite.data, 'agent/witness.json')),
    ) as { note: string; size: string }
    expect(Number(witness.size)).toBeGreaterThanOrEqual(Number(checkpoint.size))

    const bundle = saved('log.hfbundle', await api.text(`/audit/bundle?to=${checkpoint.size}`))
    const words = ['--key', logKey, '--witness', items[0]?.verifier_key ?? '', '--witnesses', '1']
    expect((await verify('bundle', bundle, ...words)).exitCode).toBe(0)
  })

  test('a rotated key is followed from the pinned one', async () => {
    const before = await signNow()
    const { verifier_key: next } = await api.post<{ verifier_key: string }>('/audit/keys/rotate')
    await api.post('/sites', { name: 'under the new key' })
    const after = await until('the new key signs', async () => {
      const found = await signNow()
      return Number(found.size) > Number(before.size) + 1 && found
    })
    expect(next).not.toBe(logKey)
    expect(after.note).not.toBe(before.note)
    const bundle = saved('rotated.hfbundle', await api.text('/audit/bundle'))
    expect((await verify('bundle', bundle, '--key', logKey)).exitCode).toBe(0)
  })

  test('nothing of it is for others: a viewer reads no entry, nobody is told keys without signing in', async () => {
    const anonymous = await fetch(`${suite.url}/api/v1/audit/checkpoint`)
    expect(anonymous.status).toBe(401)
    await api.post('/organizations', { name: 'Acme' })
    const { generated_password: password } = await api.post<{ generated_password: string }>(
      '/users',
      {
        username: 'vera',
        email: 'vera@example.org',
        bindings: [{ role: 'auditor', organization_id: 'Acme' }],
      },
    )
    const vera = await signIn(suite.url, 'vera', password)
    const refused = await vera.get('/audit/bundle').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Refused)
    const foreign = await vera.get('/audit/log/5').catch((error: unknown) => error)
    expect((foreign as Refused).status).toBe(404)
  })
})
