import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { type Prober, startProber } from './prober.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'
import { startClient, type WireGuardClient } from './wireguard-client.ts'

const missing = missingForTunnels()
if (missing) console.log(`skipped: rules in the kernel (${missing})`)

interface Rule {
  readonly id: string
  readonly name: string
  readonly enforcement: {
    readonly state: string
    readonly troubles: readonly { readonly reason: string }[]
  }
  readonly counters: { readonly ingress_packets: string; readonly egress_packets: string } | null
}
interface NodeView {
  readonly id: string
  readonly firewall: {
    readonly backend: string
    readonly is_enforced: boolean
    readonly rule_set_sequence: string
    readonly proven_at: string
    readonly error: string
  } | null
}
interface Flow {
  readonly rule_id: string | null
  readonly verdict: string
  readonly direction: string
  readonly destination_port: number | null
  readonly packets: string
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ??
  Number.NaN

const [open, closed] = [7001, 7002]

describe.skipIf(missing !== undefined)('rules in the kernel', () => {
  let network: Network
  let suite: Suite
  let api: Api
  let node: NodeView
  let server: Prober
  let client: Prober
  let tunnel: WireGuardClient
  const device = `hff${process.pid % 10_000}`
  /** Where the client reaches the server, by what it goes through. */
  let places: readonly { readonly name: string; readonly addresses: readonly string[] }[]

  const nodeNow = () => api.get<NodeView>(`/nodes/${node.id}`)
  const enforced = (sequence: string) =>
    until('the rules are enforced', async () => {
      const { firewall } = await nodeNow()
      return (
        firewall?.is_enforced === true && BigInt(firewall.rule_set_sequence) >= BigInt(sequence)
      )
    })
  /** A rule while `what` runs, enforced before and gone after. */
  async function withRule(body: object, what: (rule: Rule) => Promise<void>): Promise<void> {
    const made = await api.call<Rule>('POST', '/rules', body)
    await enforced(made.headers.get('holdfast-sequence') ?? '')
    try {
      await what(made.body)
    } finally {
      const gone = await api.call('DELETE', `/rules/${made.body.id}`)
      await enforced(gone.headers.get('holdfast-sequence') ?? '')
    }
  }

  beforeAll(async () => {
    network = createNetwork()
    suite = await startSuite({
      namespace: network.server,
      address: network.serverAddress,
      localNode: true,
      env: { HOLDFAST_RULES_REVERT_GRACE: '1s' },
    })
    api = await suite.admin()
    await api.post('/interfaces', {
      name: device,
      addresses: ['10.78.0.1/16', 'fd78::1/64'],
      listen_port: 51_820,
      endpoint: network.uplinkAddress,
    })
    const [found] = await api.all<NodeView>('/nodes')
    if (!found) throw new Error('no node')
    node = found
    const uplink = network.uplinkDevice
    await api.call('PATCH', `/nodes/${node.id}`, { uplinks: [{ device: uplink }] })
    const peer = await api.post<{ id: string }>(`/interfaces/${device}/peers`, { name: 'stock' })
    const config = await api.text(`/peers/${peer.id}/config`)
    server = startProber(network, network.server)
    client = startProber(network, network.client)
    await server.serve([open, closed])
    tunnel = startClient(network, config, `hfg${process.pid % 10_000}`)
    await until('the tunnel is up', () => tunnel.ping('10.78.0.1')).catch((error: unknown) => {
      throw new Error(suite.logs(), { cause: error })
    })
    places = [
      { name: 'tunnel', addresses: ['10.78.0.1', 'fd78::1'] },
      { name: 'uplink', addresses: [network.uplinkAddress] },
    ]
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.log(suite.logs())
  })
  afterAll(async () => {
    client?.stop()
    server?.stop()
    tunnel?.remove()
    await suite?.remove()
    network?.remove()
  })

  test('the node enforces with eBPF, and says how', async () => {
    await until('the node enforces', async () => (await nodeNow()).firewall?.is_enforced)
    expect((await nodeNow()).firewall).toMatchObject({ backend: 'bpf', error: '' })
  })

  test('each protocol and direction is dropped where a rule says so, and nowhere else', async () => {
    for (const direction of ['ingress', 'egress'] as const) {
      // Into the host the port is the destination, out of it the source: egress never matches ingress.
      const port = direction === 'ingress' ? 'dst' : 'src'
      for (const protocol of ['tcp', 'udp', 'any'] as const) {
        const rule = {
          name: `deny ${protocol} ${direction}`,
          action: 'deny',
          direction,
          protocol,
          [`${port}_port_from`]: closed,
        }
        await withRule(rule, async () => {
          for (const { name, addresses } of places) {
            for (const address of addresses) {
              const where = `${protocol} ${direction} ${name} ${address}`
              expect(await client.tcp(address, closed), where).toBe(protocol === 'udp')
              expect(await client.udp(address, closed), where).toBe(protocol === 'tcp' ? 1 : 0)
              expect(await client.tcp(address, open, 2_000), where).toBe(true)
              expect(await client.udp(address, open), where).toBe(1)
            }
          }
        })
      }
      const rule = { name: `deny icmp ${direction}`, action: 'deny', direction, protocol: 'icmp' }
      const onTunnel = { ...rule, target: { kind: 'interface', id: device } }
      await withRule(onTunnel, async () => {
        expect(tunnel.ping('10.78.0.1', { seconds: 1 })).toBe(false)
        expect(tunnel.ping('fd78::1', { seconds: 1 })).toBe(false)
        expect(tunnel.ping(network.uplinkAddress)).toBe(true)
        expect(await client.tcp('10.78.0.1', open)).toBe(true)
      })
    }
    for (const { addresses } of places) {
      for (const address of addresses) expect(await client.tcp(address, closed)).toBe(true)
    }
  })

  test('the first rule in order decides; two with the same source both hold', async () => {
    const source = tunnel.addresses[0] ?? ''
    const deny = { action: 'deny', protocol: 'tcp', src: `${source}/32` }
    await withRule({ ...deny, name: 'first', dst_port_from: open }, async () => {
      await withRule({ ...deny, name: 'second', dst_port_from: closed }, async () => {
        expect(await client.tcp('10.78.0.1', open)).toBe(false)
        expect(await client.tcp('10.78.0.1', closed)).toBe(false)
        const allow = { name: 'above', action: 'allow', protocol: 'tcp', dst_port_from: closed }
        await withRule({ ...allow, priority: 101 }, async () => {
          expect(await client.tcp('10.78.0.1', open)).toBe(false)
          expect(await client.tcp('10.78.0.1', closed, 2_000)).toBe(true)
        })
      })
    })
  })

  test('a rate limit lets its burst and its rate through', async () => {
    const rule = {
      name: 'slow',
      action: 'rate_limit',
      protocol: 'udp',
      dst_port_from: open,
      rate_pps: 50,
      rate_burst: 20,
    }
    await withRule(rule, async () => {
      const began = performance.now()
      const passed = await client.udp('10.78.0.1', open, { count: 500, gapMs: 2 })
      const seconds = (performance.now() - began) / 1000
      // Sent for about a second; what comes back may come until the last of the waiting.
      expect(passed).toBeGreaterThanOrEqual(20)
      expect(passed).toBeLessThanOrEqual(20 + 50 * seconds + 1)
      expect(await client.udp('10.78.0.1', closed)).toBe(1)
    })
  })

  test('log records and passes; with continue a later rule still drops; psql shows it', async () => {
    const log = { name: 'log', action: 'log', protocol: 'tcp', dst_port_from: open }
    await withRule(log, async (rule) => {
      expect(await client.tcp('10.78.0.1', open)).toBe(true)
      await until('the flow is recorded', async () => {
        const { items } = await api.get<{ items: Flow[] }>(`/flows?rule=${rule.id}`)
        return items.some((flow) => flow.destination_port === open && flow.verdict === 'pass')
      })
    })
    const both = { name: 'noted', action: 'log', continue: true, protocol: 'tcp', priority: 900 }
    await withRule({ ...both, dst_port_from: closed }, async (noted) => {
      const deny = { name: 'dropped', action: 'deny', protocol: 'tcp', dst_port_from: closed }
      await withRule({ ...deny, log: true }, async (dropped) => {
        expect(await client.tcp('10.78.0.1', closed)).toBe(false)
        for (const id of [noted.id, dropped.id]) {
          await until('both have recorded it', async () => {
            const { items } = await api.get<{ items: Flow[] }>(`/flows?rule=${id}`)
            return items.some((flow) => flow.destination_port === closed)
          })
        }
        await until('the rule counts', async () => {
          const { counters } = await api.get<Rule>(`/rules/${dropped.id}?counters=true`)
          return Number(counters?.ingress_packets ?? 0) > 0
        })
      })
    })
  })

  test('a default of drop, and answers to what was let out', async () => {
    const patch = (firewall: object) =>
      api
        .call('PATCH', `/interfaces/${device}`, { firewall })
        .then(() => until('the settings hold', async () => (await nodeNow()).firewall?.is_enforced))
    const allow = { name: 'in', action: 'allow', protocol: 'tcp', dst_port_from: open }
    await withRule(allow, async () => {
      await patch({ default_verdict: 'drop' })
      await until('the default drops', async () => !(await client.tcp('10.78.0.1', open)))
      await patch({ default_verdict: 'drop', stateful: true })
      await until('the answers pass', () => client.tcp('10.78.0.1', open))
      expect(await client.tcp('10.78.0.1', closed)).toBe(false)
      await patch({ default_verdict: 'pass', stateful: false })
      await until('all is open again', () => client.tcp('10.78.0.1', closed))
    })
  })

  test('rules hold without the agent and without the control plane, and come back first', async () => {
    const deny = { name: 'hold', action: 'deny', protocol: 'tcp', dst_port_from: closed }
    await withRule(deny, async () => {
      const pid = suite.pid('node-agent')
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      expect(await client.tcp('10.78.0.1', closed)).toBe(false)
      expect(await client.tcp('10.78.0.1', open)).toBe(true)
      await suite.stop()
      expect(await client.tcp('10.78.0.1', closed)).toBe(false)
      expect(await client.tcp('10.78.0.1', open)).toBe(true)
      await suite.start()
      api = await suite.admin()
      expect(await client.tcp('10.78.0.1', closed)).toBe(false)
      await until('the node enforces', async () => (await nodeNow()).firewall?.is_enforced)
      expect(await client.tcp('10.78.0.1', closed)).toBe(false)
    })
    expect(await client.tcp('10.78.0.1', closed)).toBe(true)
  })

  test('a change nobody confirms takes itself back, and the log tells the story', async () => {
    const deny = { name: 'hasty', action: 'deny', protocol: 'tcp', dst_port_from: closed }
    const apply = (name: string) =>
      api.post<{ apply_id: string; confirm_until: string | null }>('/rules/apply', {
        name,
        operations: [{ create: deny }],
        confirm_within_seconds: 10,
      })
    const applied = await apply('without a second look')
    expect(Date.parse(applied.confirm_until ?? '')).toBeGreaterThan(Date.now())
    await until('it is enforced', async () => !(await client.tcp('10.78.0.1', closed)))
    await expect(api.post('/rules', { ...deny, name: 'meanwhile' })).rejects.toMatchObject({
      problem: { code: 'rules.confirmation_pending' },
    })
    await until('the host has gone back', () => client.tcp('10.78.0.1', closed))
    await until('the log says so', async () => {
      const { pending } = await api.get<{ pending: unknown }>('/rule-set')
      return pending === null
    })
    const { items } = await api.get<{ items: { kind: string; rule_name: string }[] }>(
      '/rule-changes?limit=2',
    )
    expect(items.map(({ kind, rule_name }) => `${kind} ${rule_name}`)).toEqual([
      'deleted hasty',
      'created hasty',
    ])

    await apply('this time for good')
    await until('every node has proved it', () =>
      api.post('/rules/confirm').then(
        () => true,
        () => false,
      ),
    )
    expect(await client.tcp('10.78.0.1', closed)).toBe(false)
    const gone = await api.call('DELETE', '/rules/hasty')
    await enforced(gone.headers.get('holdfast-sequence') ?? '')
    expect(await client.tcp('10.78.0.1', closed, 2_000)).toBe(true)
  })

  test('a change is enforced soon, at 1,000 and at 10,000 rules (prints the figures)', async () => {
    for (const [count, rounds] of [
      [1_000, 60],
      [10_000, 40],
    ] as const) {
      const rules = Array.from({ length: count }, (_, n) => ({
        name: `r${n}`,
        action: n % 3 === 0 ? 'deny' : 'allow',
        protocol: (['tcp', 'udp', 'any'] as const)[n % 3],
        src: `172.${16 + (n % 16)}.${(n >> 4) & 255}.0/24`,
        dst_port_from: 1024 + (n % 5000),
        priority: n % 1000,
      }))
      const imported = await api.call('POST', '/rules/import', { mode: 'replace', rules })
      await enforced(imported.headers.get('holdfast-sequence') ?? '')
      const times: number[] = []
      for (let round = 0; round < rounds; round += 1) {
        const before = Date.now()
        const made = await api.call<Rule>('POST', '/rules/r7/toggle')
        const sequence = BigInt(made.headers.get('holdfast-sequence') ?? '')
        const firewall = await until('enforced', async () => {
          const { firewall: now } = await nodeNow()
          return now?.is_enforced && BigInt(now.rule_set_sequence) >= sequence ? now : undefined
        })
        // One clock: the host that proves is the host that asks.
        times.push(Date.parse(firewall.proven_at) - before)
      }
      console.log(
        `request sent → proven by the kernel at ${count} rules: p50 ${quantile(times, 0.5)} ms, p99 ${quantile(times, 0.99)} ms, n=${rounds}`,
      )
    }
    await api.call('POST', '/rules/import', { mode: 'replace', rules: [] })
  })
})
