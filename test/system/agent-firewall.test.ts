import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { BpfMap, hfDevice, hfDeviceFlag, hfHead } from '@holdfast/bpf'
import { newId } from '@holdfast/domain'
import type { StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type AgentProcess,
  type Control,
  facts,
  keyPair,
  makeDataFolder,
  startAgentProcess,
  startControl,
} from './agent-control.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { until } from './until.ts'
import { startClient, type WireGuardClient } from './wireguard-client.ts'

const rules = holdfast.rules.v1
const network1 = holdfast.network.v1
type RuleSettings = holdfast.rules.v1.RuleSettings.$Properties

const hasBpftool = spawnSync('bpftool', ['version']).status === 0
const missing = missingForTunnels()
if (missing) console.log(`skipped: the agent's firewall on a host of its own (${missing})`)

const device = `hfw${process.pid % 100_000}`
const port = 52_001

const stored = (type: string, message: { finish(): Uint8Array }): StoredEvent => ({
  type,
  schema: 1,
  data: message.finish(),
})

let order = 0
const ruleFacts = {
  created: (ruleId: string, settings: RuleSettings): StoredEvent =>
    stored(
      'RuleCreated',
      rules.RuleCreated.encode({ ruleId, settings: ruleSettings(settings), order: ++order }),
    ),
  deleted: (ruleId: string): StoredEvent =>
    stored('RuleDeleted', rules.RuleDeleted.encode({ ruleId })),
  applied: (applyId: string, confirmWithinMs: number): StoredEvent =>
    stored('ChangeSetApplied', rules.ChangeSetApplied.encode({ applyId, confirmWithinMs })),
  lockout: (isLockoutAllowed: boolean): StoredEvent =>
    stored(
      'RuleSetSettingsUpdated',
      rules.RuleSetSettingsUpdated.encode({ settings: { isLockoutAllowed } }),
    ),
}

/** Denies every ICMP packet on its way in, unless said otherwise. */
const ruleSettings = (more: RuleSettings): RuleSettings => ({
  name: `rule ${order}`,
  action: rules.Action.ACTION_DENY,
  direction: rules.Direction.DIRECTION_INGRESS,
  protocol: rules.Protocol.PROTOCOL_ICMP,
  priority: 100,
  isActive: true,
  target: { kind: rules.TargetKind.TARGET_KIND_EVERYTHING },
  ...more,
})

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ??
  Number.NaN

interface FirewallView {
  readonly isEnforced: boolean
  readonly error: string
  readonly driftFound: number
  readonly driftRepaired: number
  readonly troubles: readonly { readonly ruleId: string; readonly reason: string }[]
  readonly devices: readonly { readonly device: string; readonly ifindex: number }[]
}

describe.skipIf(missing !== undefined)("the agent's firewall", () => {
  const interfaceId = newId<string>()
  const peer = newId<string>()
  const serverKeys = keyPair()
  const clientKeys = keyPair()
  let network: Network
  let control: Control
  let agent: AgentProcess
  let client: WireGuardClient
  let uplink = ''
  let data = ''

  /** `ip netns exec` gives the agent mounts of its own, which would take the pins along when it is killed. */
  const mountPins = (): void => {
    mkdirSync(`${data}/bpf`, { recursive: true })
    const isMounted = spawnSync('mountpoint', ['-q', `${data}/bpf`]).status === 0
    if (!isMounted) execFileSync('mount', ['-t', 'bpf', 'bpf', `${data}/bpf`])
  }
  const start = (env: NodeJS.ProcessEnv = {}): void => {
    mountPins()
    agent = startAgentProcess(network.server, data, {
      HOLDFAST_AGENT_ENROLL_URL: control.enrollUrl,
      HOLDFAST_AGENT_ENROLL_TOKEN: control.token,
      ...env,
    })
  }
  const inServer = (command: string, ...args: readonly string[]): string =>
    network.exec(network.server, command, ...args)
  const view = (method: 'GET' | 'POST', path: string): FirewallView =>
    JSON.parse(inServer('curl', '-s', '-m', '10', '-X', method, `http://127.0.0.1:9110${path}`))
  const prove = (): FirewallView => view('POST', '/firewall/prove')
  const pinFolder = (): string => `${data}/bpf/holdfast-${control.nodeId}`
  const connect = (): void => {
    client?.remove()
    client = startClient(
      network,
      [
        '[Interface]',
        `PrivateKey = ${clientKeys.privateKey}`,
        'Address = 10.219.0.2/32',
        '[Peer]',
        `PublicKey = ${serverKeys.publicKey}`,
        'AllowedIPs = 10.219.0.0/16',
        `Endpoint = ${network.uplinkAddress}:${port}`,
        '',
      ].join('\n'),
      `${device}c`,
    )
  }

  beforeAll(async () => {
    network = createNetwork()
    control = await startControl(network.serverAddress.replace(/\.2$/, '.1'))
    data = makeDataFolder()
    uplink =
      (
        JSON.parse(
          inServer('ip', '-j', 'route', 'get', network.uplinkAddress.replace(/\.1$/, '.2')),
        ) as { dev: string }[]
      )[0]?.dev ?? ''
    start()
    await until('the agent enrolled', () => existsSync(`${data}/identity.json`))
    const sequence = await control.append(
      interfaceId,
      facts.created(interfaceId, serverKeys, {
        name: device,
        addresses: ['10.219.0.1/16'],
        listenPort: port,
      }),
      facts.added(peer, clientKeys.raw.publicKey, { addresses: ['10.219.0.2'] }),
    )
    await control.enforced(interfaceId, sequence)
    connect()
    await until('ping', () => client.ping('10.219.0.1'))
  })
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => console.log(agent.said().slice(-4_000)))
  })
  afterAll(async () => {
    await agent?.end('SIGTERM')
    client?.remove()
    await control?.remove()
    network?.remove()
    spawnSync('umount', [`${data}/bpf`])
    if (data !== '') rmSync(data, { recursive: true, force: true })
  })

  test('a rule stops a ping, and its deletion lets it pass again', async () => {
    const rule = newId<string>()
    await control.rulesEnforced(await control.appendRules(ruleFacts.created(rule, {})))
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    expect(control.firewall()).toMatchObject({
      backend: holdfast.agent.v1.FirewallBackend.FIREWALL_BACKEND_BPF,
      error: '',
      rules: 1,
      devices: [{ device, interfaceId, error: '' }],
    })
    expect(control.firewall()?.observedVersion).toEqual(control.firewall()?.policyVersion)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)))
    expect(client.ping('10.219.0.1')).toBe(true)
  })

  test('rules hold on an uplink too, once it is named', async () => {
    await control.appendNode(
      stored(
        'NodeUpdated',
        network1.NodeUpdated.encode({ name: 'gw-1', uplinks: [{ device: uplink }] }),
      ),
    )
    const rule = newId<string>()
    const sequence = await control.appendRules(
      ruleFacts.created(rule, {
        target: { kind: rules.TargetKind.TARGET_KIND_UPLINKS, id: control.nodeId },
      }),
    )
    await control.rulesEnforced(sequence)
    await until('the uplink is judged', () =>
      control
        .firewall()
        ?.devices?.some((each) => each.device === uplink && each.ingressHook !== ''),
    )
    expect(
      network.exec(network.client, 'sh', '-c', `ping -c1 -W1 ${network.uplinkAddress} || true`),
    ).toMatch(/ 0 received/)
    // The tunnel's own packets are UDP; what is inside is for the other device to judge.
    expect(client.ping('10.219.0.1')).toBe(true)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)))
    await control.appendNode(stored('NodeUpdated', network1.NodeUpdated.encode({ name: 'gw-1' })))
    await until('the uplink is left alone', () => control.firewall()?.devices?.length === 1)
  })

  test('what a rule hit and recorded is told', async () => {
    const rule = newId<string>()
    await control.rulesEnforced(
      await control.appendRules(
        ruleFacts.created(rule, { action: rules.Action.ACTION_ALLOW, logs: true }),
      ),
    )
    expect(client.ping('10.219.0.1', { count: 3 })).toBe(true)
    // A report may have come while the packets were still on their way.
    await until('its hits', () => (control.hits.get(`${rule} 1`)?.packets ?? 0) >= 3)
    const flow = await until('its flow', () =>
      control.flows.find(
        ({ ruleId }) => Buffer.from(ruleId).toString('hex') === rule.replaceAll('-', ''),
      ),
    )
    expect(flow).toMatchObject({
      verdict: holdfast.agent.v1.FlowVerdict.FLOW_VERDICT_PASS,
      direction: holdfast.agent.v1.FlowDirection.FLOW_DIRECTION_INGRESS,
      protocol: 1,
      device,
    })
    expect([...flow.source]).toEqual([10, 219, 0, 2])
    expect(Buffer.from(flow.peerId).toString('hex')).toBe(peer.replaceAll('-', ''))
    expect(Math.abs(flow.lastUnixMs - Date.now())).toBeLessThan(60_000)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)))
  })

  test('changes are enforced soon; times', async () => {
    const many = Array.from({ length: 1_000 }, () => newId<string>())
    const networks = many.map((id, number) =>
      ruleFacts.created(id, { source: `10.${100 + (number >> 8)}.${number & 255}.0/24` }),
    )
    await control.rulesEnforced(await control.appendRules(...networks))
    const took: number[] = []
    for (let round = 0; round < 20; round++) {
      const rule = newId<string>()
      const at = performance.now()
      const sequence = await control.appendRules(
        ruleFacts.created(rule, { source: `10.99.${round}.0/24` }),
      )
      took.push((await control.rulesEnforced(sequence)) - at)
      await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)))
    }
    console.log(
      `appended → proven, at 1,000 rules: p50 ${quantile(took, 0.5).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms`,
    )
    await control.rulesEnforced(
      await control.appendRules(...many.map((id) => ruleFacts.deleted(id))),
    )
  })

  test('killed, its rules hold; started again, they are taken up', async () => {
    const rule = newId<string>()
    const sequence = await control.appendRules(ruleFacts.created(rule, {}))
    await control.rulesEnforced(sequence)
    await agent.end('SIGKILL')
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    start()
    await until('it enforces again', () => prove().isEnforced)
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)))
    expect(client.ping('10.219.0.1')).toBe(true)
  })

  test('a boot with nothing in the kernel and no control plane: rules come before traffic', async () => {
    const rule = newId<string>()
    await control.rulesEnforced(await control.appendRules(ruleFacts.created(rule, {})))
    await agent.end('SIGTERM')
    await control.down()
    inServer('ip', 'link', 'del', device)
    for (const name of readdirSync(pinFolder())) rmSync(`${pinFolder()}/${name}`)
    start()
    await until('the device is back', () => {
      try {
        return inServer('ip', 'link', 'show', 'dev', device).includes('UP')
      } catch {
        return false
      }
    })
    // Up means judged: no packet came first.
    expect(view('GET', '/firewall')).toMatchObject({ isEnforced: true })
    connect()
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    await control.up()
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)), 60_000)
    await until('ping', () => client.ping('10.219.0.1'))
  })

  test('what somebody detaches by hand is noticed and put back', async () => {
    const rule = newId<string>()
    await control.rulesEnforced(await control.appendRules(ruleFacts.created(rule, {})))
    const before = prove().driftRepaired
    process.kill(agent.pid, 'SIGSTOP') // it may look at any time
    try {
      for (const name of readdirSync(pinFolder())) {
        if (name.startsWith('tcx_')) rmSync(`${pinFolder()}/${name}`)
      }
      await until('nothing judges any more', () => client.ping('10.219.0.1'))
    } finally {
      process.kill(agent.pid, 'SIGCONT')
    }
    const after = prove()
    expect(after.isEnforced).toBe(true)
    expect(after.driftRepaired).toBeGreaterThan(before)
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)))
  })

  test('a tampered map is noticed; told to report, it is not touched', async () => {
    const rule = newId<string>()
    await control.rulesEnforced(await control.appendRules(ruleFacts.created(rule, {})))
    await agent.end('SIGTERM')
    start({ HOLDFAST_AGENT_FIREWALL_REPAIR: 'report' })
    await until('it enforces again', () => prove().isEnforced)
    tamper(`${pinFolder()}/gen`)
    const seen = prove()
    expect(seen).toMatchObject({ isEnforced: false, driftRepaired: 0 })
    expect(seen.driftFound).toBeGreaterThan(0)
    expect(seen.troubles.map(({ ruleId }) => ruleId)).toContain(rule)
    await until('it is reported', () => control.firewall()?.isEnforced === false)
    await agent.end('SIGTERM')
    start()
    await until('it is mended', () => prove().isEnforced)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)))
  })

  test('a change that cuts the control connection takes itself back', async () => {
    const settled = await control.appendRules(ruleFacts.lockout(true))
    await control.rulesEnforced(settled)
    const control0 = (
      JSON.parse(
        inServer('ip', '-j', 'route', 'get', network.serverAddress.replace(/\.2$/, '.1')),
      ) as {
        dev: string
      }[]
    )[0]?.dev
    await control.appendNode(
      stored(
        'NodeUpdated',
        network1.NodeUpdated.encode({ name: 'gw-1', uplinks: [{ device: control0 ?? '' }] }),
      ),
    )
    await until('its uplink is judged', () =>
      control
        .firewall()
        ?.devices?.some((each) => each.device === control0 && each.ingressHook !== ''),
    )
    const applyId = newId<string>()
    await control.appendRules(
      ruleFacts.applied(applyId, 4_000),
      ruleFacts.created(newId<string>(), {
        protocol: rules.Protocol.PROTOCOL_ANY,
        direction: rules.Direction.DIRECTION_BOTH,
      }),
    )
    const reached = (): boolean =>
      spawnSync('ping', ['-c1', '-W1', network.serverAddress]).status === 0
    await until('the host is cut off', () => !reached(), { timeoutMs: 10_000 })
    await until('it came back by itself', () => reached(), { timeoutMs: 20_000 })
    await until('and says so', () => control.firewall()?.revertedApplyId === applyId, {
      timeoutMs: 60_000,
    })
  })

  test('by nftables where it is told to, and back', async () => {
    const rule = newId<string>()
    await agent.end('SIGTERM')
    start({ HOLDFAST_AGENT_FIREWALL: 'nftables' })
    const sequence = await control.appendRules(ruleFacts.created(rule, {}))
    await control.rulesEnforced(sequence, 60_000)
    await until('nftables says so', () => control.firewall()?.backend === 3)
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    expect(inServer('nft', 'list', 'tables')).toContain('netdev holdfast')
    inServer('nft', 'delete', 'table', 'netdev', 'holdfast')
    expect(prove()).toMatchObject({ isEnforced: true, error: '' })
    expect(view('GET', '/firewall').driftRepaired).toBeGreaterThan(0)
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    await agent.end('SIGTERM')
    start()
    await until('BPF enforces', () => control.firewall()?.backend === 2 && prove().isEnforced)
    expect(inServer('nft', 'list', 'tables')).not.toContain('holdfast')
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)), 60_000)
  })

  test('a host that can enforce nothing says so, rule by rule', async () => {
    const rule = newId<string>()
    await control.rulesEnforced(await control.appendRules(ruleFacts.created(rule, {})))
    await agent.end('SIGTERM')
    start({ HOLDFAST_AGENT_FIREWALL: 'bpf', HOLDFAST_LIBBPF: '/nowhere/libbpf.so.1' })
    await until('it says so', () => control.firewall()?.backend === 1)
    expect(control.firewall()).toMatchObject({ isEnforced: false })
    const trouble = control.firewall()?.troubles?.find(({ ruleId }) => ruleId === rule)
    expect(trouble?.reason).toContain('/nowhere/libbpf.so.1')
    // What was enforced before goes on.
    expect(client.ping('10.219.0.1', { seconds: 1 })).toBe(false)
    await agent.end('SIGTERM')
    start()
    await until('it enforces again', () => control.firewall()?.backend === 2)
    await control.rulesEnforced(await control.appendRules(ruleFacts.deleted(rule)), 60_000)
  })

  test('uninstalling leaves nothing in the kernel', async () => {
    await agent.end('SIGTERM')
    expect(existsSync(pinFolder())).toBe(true)
    const again = startAgentProcess(network.server, data, {}, ['--uninstall'])
    expect(await again.ended()).toBe(0)
    expect(existsSync(pinFolder())).toBe(false)
    expect(() => inServer('ip', 'link', 'show', 'dev', device)).toThrow()
    const left = hasBpftool
      ? execFileSync('ip', ['netns', 'exec', network.server, 'bpftool', '-j', 'net'], {
          encoding: 'utf8',
        })
      : ''
    expect(left).not.toContain('hf_')
  })
})

/** Writes into the memory programs read their policy from. */
function tamper(pointer: string): void {
  const gen = BpfMap.pinned(pointer)
  const blob = BpfMap.byId(gen.innerId(0) ?? 0)
  const bytes = blob.lookup(0)
  if (!bytes) throw new Error('there is no policy')
  const at = hfHead.bytes + hfDevice.atFlags
  bytes[at] = (bytes[at] ?? 0) ^ hfDeviceFlag.devDefaultPass
  blob.update(0, bytes)
  for (const map of [gen, blob]) map.close()
}
