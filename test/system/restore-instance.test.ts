import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { TreeHead } from '@holdfast/merkle'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scanArchive } from '../../packages/archive/src/index.ts'
import { generateAgePair } from '../../packages/crypto/src/index.ts'
import { type AgentProcess, makeDataFolder, startAgentProcess } from './agent-control.ts'
import { type Api, apiFor, Refused, signIn } from './api.ts'
import { type Cli, signedInCli } from './cli.ts'
import { logKeyOf } from './log-key.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'
import { startClient, type WireGuardClient } from './wireguard-client.ts'

// The machine is lost: everything but an off-site copy and the recovery key. One command, one start.

const missing = missingForTunnels()
if (missing) console.log(`skipped: a lost machine comes back (${missing})`)
const root = resolve(import.meta.dirname, '../..')
const device = `hfr${process.pid % 100_000}`

/** `holdfast …` as an operator types it, with nothing of the suite running. */
function holdfast(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const words = [join(root, 'dist/cli.mjs'), ...args]
    const all = { PATH: process.env['PATH'], ...env }
    execFile(process.execPath, words, { env: all, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    )
  })
}

describe.skipIf(missing !== undefined)('a lost machine', () => {
  const recovery = generateAgePair()
  let folder: string
  let far: string
  let keyFile: string
  let network: Network
  let suite: Suite
  let api: Api
  let cli: Cli
  let agent: AgentProcess | undefined
  let client: WireGuardClient | undefined
  let agentData = ''

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-lost-'))
    far = join(folder, 'far')
    keyFile = join(folder, 'recovery.key')
    writeFileSync(keyFile, `# kept in a safe\n${recovery.identity}\n`, { mode: 0o600 })
    network = createNetwork()
    suite = await startSuite({
      env: {
        HOLDFAST_BACKUP_LOCAL_ROOTS: folder,
        HOLDFAST_BACKUP_OFFSITE_EVERY: '1s',
        HOLDFAST_BACKUP_OFFSITE_MANIFEST_EVERY: '2s',
        HOLDFAST_AUDIT_CHECKPOINT_EVERY: '1s',
      },
    })
    api = await suite.admin()
    cli = await signedInCli(suite)
  })
  afterAll(async () => {
    await agent?.end('SIGTERM')
    client?.remove()
    await suite?.remove()
    network?.remove()
    for (const path of [folder, agentData]) if (path) rmSync(path, { recursive: true, force: true })
  })

  test('comes back from the off-site copy and the recovery key: same root, agents, tunnels, passwords', async () => {
    await cli.text('recovery', 'add', recovery.recipient, '--label', 'safe')
    await api.post('/backups/storage-locations', {
      ...{ name: 'far', kind: 'local', config: { path: far }, is_continuous: true },
    })
    const organization = await api.post<{ id: string }>('/organizations', { name: 'Acme' })
    await api.post('/users', {
      ...{ username: 'grace', email: 'grace@example.org', password: 'a fine long pass phrase' },
      bindings: [{ role: 'org_admin', organization_id: organization.id }],
    })
    const { token } = await api.post<{ token: string }>('/nodes/enroll-tokens', {
      node_name: 'far-host',
      organization_id: organization.id,
    })
    agentData = makeDataFolder()
    const url = `http://${network.serverAddress.replace(/\.2$/, '.1')}:${new URL(suite.url).port}`
    agent = startAgentProcess(network.server, agentData, {
      HOLDFAST_AGENT_ENROLL_URL: url,
      HOLDFAST_AGENT_ENROLL_TOKEN: token,
    })
    const said = (): string => `${agent?.said().slice(-4_000)}\n${suite.logs()}`
    await until('the agent enrolled', () => existsSync(`${agentData}/identity.json`)).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${said()}`)
      },
    )
    await api.post('/interfaces', {
      ...{ name: device, node: 'far-host', addresses: ['10.79.0.1/16'], listen_port: 51_821 },
      endpoint: network.uplinkAddress,
    })
    const peer = await api.post<{ id: string }>(`/interfaces/${device}/peers`, { name: 'stock' })
    const config = await api.text(`/peers/${peer.id}/config`)
    client = startClient(network, config, `${device}c`)
    const tunnel = client
    await until('the tunnel works', () => tunnel.ping('10.79.0.1'))
    const logKey = await logKeyOf(api)

    interface Status {
      readonly items: readonly { readonly pushed_sequence: string }[]
    }
    const status = async () => (await cli.json<Status>('backup', 'offsite', 'status')).items[0]
    const head = async () =>
      BigInt((await api.get<{ last_sequence: string }>('/operator/log')).last_sequence)
    const wanted = await head()
    const hasManifest = (): boolean =>
      readdirSync(far, { recursive: true, encoding: 'utf8' }).some((name) =>
        name.endsWith('.jsonl.age.sha256'),
      )
    await until('everything is off-site', async () => {
      const pushed = BigInt((await status())?.pushed_sequence ?? 0)
      return pushed >= wanted && hasManifest()
    })

    // Lost: data directory, database, keys. What was known of the log is written down first.
    await suite.stop()
    const lineage = JSON.parse(readFileSync(join(suite.data, 'keys/instance.json'), 'utf8')) as {
      lineageId: string
    }
    const roots = new Map<string, string>()
    const tree = TreeHead.empty()
    await scanArchive(join(suite.data, 'archive', lineage.lineageId), {
      onCommit: (_, leaf) => {
        tree.append(leaf)
        roots.set(String(tree.size), Buffer.from(tree.root()).toString('hex'))
      },
    })
    const postgres = join(suite.data, 'postgres')
    if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true })
    rmSync(suite.data, { recursive: true, force: true })

    const asked = ['restore', 'instance', '--from', far, '--data', suite.data]
    const plan = await holdfast([...asked, '--identity', keyFile, '--plan'])
    expect(plan.code, plan.stderr).toBe(0)
    expect(existsSync(suite.data)).toBe(false)
    const restored = await holdfast([...asked, '--identity', keyFile, '--json'])
    expect(restored.code, restored.stderr).toBe(0)
    const report = JSON.parse(restored.stdout) as {
      root: string
      up_to: string
      next_generation: number
      verify_ms: number
      stage_ms: number
    }
    expect(BigInt(report.up_to)).toBeGreaterThanOrEqual(wanted)
    expect(report.root).toBe(roots.get(report.up_to))
    expect(report.next_generation).toBe(2)

    const startedAt = performance.now()
    await suite.start().catch((error: Error) => {
      throw new Error(`${error.message}\n${said()}`)
    })
    console.log(
      `restored ${report.up_to} commits in ${report.verify_ms + report.stage_ms} ms, up after ${Math.round(performance.now() - startedAt)} ms`,
    )
    // Tokens of before are void, passwords are not.
    await expect(apiFor(suite.url, api.token).get('/auth/me')).rejects.toSatisfy(
      (error) => error instanceof Refused && error.status === 401,
    )
    const again = await suite.admin()
    await signIn(suite.url, 'grace', 'a fine long pass phrase')
    expect(await again.get('/operator/log')).toMatchObject({ generation: 2, writes: 'open' })
    // The one auditors pinned goes on.
    expect(await logKeyOf(again)).toBe(logKey)
    expect(await again.text(`/peers/${peer.id}/config`)).toBe(config)

    expect(tunnel.ping('10.79.0.1')).toBe(true)
    await until(
      'the agent obeys the new generation',
      async () => {
        const nodes = await again.all<{ name: string; is_online: boolean }>('/nodes')
        return nodes.find(({ name }) => name === 'far-host')?.is_online
      },
      { timeoutMs: 60_000 },
    ).catch((error: Error) => {
      throw new Error(`${error.message}\n${said()}`)
    })
    const second = await again.post<{ id: string }>(`/interfaces/${device}/peers`, { name: 'new' })
    const other = startClient(network, await again.text(`/peers/${second.id}/config`), `${device}d`)
    try {
      await until('what is changed now reaches the host', () => other.ping('10.79.0.1'))
    } finally {
      other.remove()
    }
    const signedIn = await signedInCli(suite)
    const checked = await signedIn.text('restore', 'check', '--data', suite.data)
    expect(checked).toContain('generation 2')
    expect(await signedIn.text('doctor')).not.toMatch(/^failed/m)
  }, 180_000)

  test('nothing is restored over an instance that runs, nor over one that stands there', async () => {
    const asked = ['restore', 'instance', '--from', far, '--identity', keyFile]
    const running = await holdfast([...asked, '--data', suite.data, '--force'])
    expect(running.code).toBe(1)
    expect(running.stderr).toContain('npm stop')
    const there = join(folder, 'there')
    const first = await holdfast([...asked, '--data', there])
    expect(first.code, first.stderr).toBe(0)
    // The same by the script, with the command of this checkout behind it.
    const command = join(folder, 'holdfast')
    const cliPath = join(root, 'dist/cli.mjs')
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${cliPath}" "$@"\n`, {
      mode: 0o755,
    })
    const script = (...args: readonly string[]) =>
      new Promise<{ code: number; said: string }>((done) => {
        const env = {
          PATH: process.env['PATH'],
          ...{ HOLDFAST_CLI: command, HOLDFAST_ENV_FILE: join(folder, 'none') },
          ...{ HOLDFAST_DATA: there, HOLDFAST_RECOVERY_KEY_FILE: keyFile },
        }
        execFile(join(root, 'scripts/restore.sh'), [far, ...args], { env }, (error, out, err) =>
          done({ code: error ? Number(error.code ?? 1) : 0, said: out + err }),
        )
      })
    const second = await script()
    expect(second.code).toBe(1)
    expect(second.said).toContain('--force')
    const third = await script('--force')
    expect(third.code, third.said).toBe(0)
    expect(third.said).toContain(`${there}.before-`)
  }, 60_000)
})
