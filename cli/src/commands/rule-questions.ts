import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { Packet, PacketVerdict, Rule, RuleChange } from '../model.ts'
import { ago, fields, table } from '../output.ts'
import { given, list, moment, segment, whole } from './options.ts'
import { type RuleOptions, targetOf } from './rule-options.ts'

interface Place {
  org?: string
  interface?: string
  node?: string
}
const organization = (command: Command): Command =>
  command.option('--org <name-or-id>', 'organization; the only one when omitted')
const where = (command: Command): Command =>
  organization(command)
    .option('-i, --interface <name-or-id>', 'on this interface')
    .option('--node <name-or-id>', 'on the uplinks of this node (with --interface: whose it is)')

interface PacketOptions {
  src?: string
  dst?: string
  protocol?: string
  srcPort?: number
  dstPort?: number
  direction?: string
}
const port = whole(0, 65_535)
const packetOptions = (command: Command): Command =>
  command
    .option('--src <ip>', 'source address')
    .option('--dst <ip>', 'destination address')
    .option('--protocol <word>', 'tcp, udp, icmp or a number; tcp when omitted')
    .option('--src-port <port>', 'source port', port)
    .option('--dst-port <port>', 'destination port', port)
    .option('--direction <word>', 'ingress (into the host) or egress')

/** The packet that was described; undefined when none was. */
function packetOf(options: PacketOptions): Record<string, unknown> | undefined {
  const packet = given({
    src: options.src,
    dst: options.dst,
    protocol: options.protocol,
    src_port: options.srcPort,
    dst_port: options.dstPort,
    direction: options.direction,
  })
  if (Object.keys(packet).length === 0) return undefined
  if (options.src === undefined || options.dst === undefined) {
    throw new CliError('a packet needs --src and --dst', exitCodes.usage)
  }
  return packet
}

const end = (address: string, of: number): string =>
  of === 0 ? address : address.includes(':') ? `[${address}]:${of}` : `${address}:${of}`
const packetText = (p: Packet): string =>
  `${p.direction} ${p.protocol} ${end(p.src, p.src_port)} → ${end(p.dst, p.dst_port)}`

const verdictText = (v: PacketVerdict): string =>
  `${packetText(v.packet)}: ${v.verdict} by ${v.rule_name || v.decided_by}`

const traceText = (v: PacketVerdict): string =>
  [
    verdictText(v),
    ...v.logged_by.map((name) => `  recorded by ${name}`),
    ...v.trace.map(
      ({ rule_name, is_match, reason }) =>
        `  ${is_match ? '✓' : '·'} ${rule_name}${reason ? `: ${reason}` : ''}`,
    ),
  ].join('\n')

interface Finding {
  readonly kind: string
  readonly rule_name: string
  readonly message: string
  readonly witness: Packet | null
}

interface DryRun {
  readonly flows: number
  readonly newly_dropped: number
  readonly newly_passed: number
  readonly changed: readonly {
    readonly packet: Packet
    readonly interface: string
    readonly peer: string
    readonly before: string
    readonly after: string
    readonly rule_name: string
    readonly packets: number
  }[]
  readonly coverage: readonly string[]
}

interface Why {
  readonly verdict: PacketVerdict
  readonly rule: Rule | null
  readonly last_change: RuleChange | null
  readonly rule_set_sequence: string
  readonly was_enforced: boolean
  readonly remark: string
}

interface PolicyTest {
  readonly id: string
  readonly name: string
  readonly expect: string
  readonly src: string
  readonly dst: string
  readonly protocol: string
}
interface TestResult {
  readonly test: PolicyTest
  readonly passed: boolean
  readonly witness: Packet | null
  readonly message: string
  readonly violations: readonly { readonly from: string; readonly to: string | null }[]
}

/** Questions about rules that change nothing, and tests that guard them. */
export function ruleQuestionCommands(group: Command, context: Context): void {
  where(
    packetOptions(
      group.command('simulate').description('what happens to a packet, or to a capture, and why'),
    ),
  )
    .option('--pcap <file>', 'every packet of this capture, at most 4 MiB')
    .option('--at <sequence-or-time>', 'with the rules of then')
    .option('--draft <id>', 'with this draft applied')
    .action(
      async (
        options: PacketOptions & Place & { pcap?: string; at?: string; draft?: string },
        command: Command,
      ) => {
        const packet = options.pcap === undefined ? packetOf(options) : undefined
        const body = given({
          organization: options.org,
          interface: options.interface,
          node: options.node,
          packet,
          capture: options.pcap && file(options.pcap).toString('base64'),
          capture_direction: options.pcap && options.direction,
          at: options.at,
          change_set: options.draft,
        })
        const found = await context
          .api(command)
          .json<{ items: PacketVerdict[] }>('/rules/simulate', { method: 'POST', body })
        print(context, command, found, ({ items }) =>
          items.map(items.length === 1 ? traceText : verdictText).join('\n'),
        )
      },
    )

  organization(
    group
      .command('dry-run <draft>')
      .description('what a draft would have done to recorded flows')
      .option('--from <time>', 'RFC 3339; seven days ago when omitted', moment)
      .option('--to <time>', 'RFC 3339; now when omitted', moment),
  ).action(
    async (draft: string, options: Place & { from?: string; to?: string }, command: Command) => {
      const body = given({
        change_set: draft,
        organization: options.org,
        from: options.from,
        to: options.to,
      })
      const found = await context
        .api(command)
        .json<DryRun>('/rules/dry-run', { method: 'POST', body })
      print(context, command, found, (d) =>
        [
          `Of ${d.flows} recorded flows ${d.newly_dropped} would have been dropped that passed, ${d.newly_passed} would have passed that were dropped.`,
          ...d.changed.map(
            (c) =>
              `  ${packetText(c.packet)}${c.peer ? ` (${c.peer})` : ''}: ${c.before} → ${c.after} by ${c.rule_name || 'default'}, ${c.packets} packets`,
          ),
          ...d.coverage.map((sentence) => `note: ${sentence}`),
        ].join('\n'),
      )
    },
  )

  organization(
    group
      .command('lint')
      .description('rules that never decide, repeat others, were never hit or let in too much'),
  ).action(async (options: Place, command: Command) => {
    const found = await context
      .api(command)
      .json<{ items: Finding[]; coverage: string[] }>('/rule-findings', {
        query: { organization_id: options.org },
      })
    const columns = [
      { title: 'FINDING', value: (f: Finding) => f.kind },
      { title: 'RULE', value: (f: Finding) => f.rule_name },
      { title: 'WHAT', value: (f: Finding) => f.message },
      {
        title: 'SHOWN BY',
        value: (f: Finding) => (f.witness ? packetText(f.witness) : ''),
      },
    ]
    print(context, command, found, ({ items, coverage }) =>
      [
        items.length > 0 ? table(items, columns) : 'Nothing to mend.',
        ...coverage.map((sentence) => `note: ${sentence}`),
      ].join('\n'),
    )
  })

  where(
    packetOptions(
      group
        .command('why [flow]')
        .description('which rule decided about a recorded flow (or a packet), and who wrote it'),
    ),
  )
    .option('--at <time>', 'when, for a packet', moment)
    .action(
      async (
        flow: string | undefined,
        options: PacketOptions & Place & { at?: string },
        command: Command,
      ) => {
        const body = given({
          organization: options.org,
          flow_id: flow,
          packet: flow === undefined ? packetOf(options) : undefined,
          time: options.at,
          interface: options.interface,
          node: options.node,
        })
        const found = await context.api(command).json<Why>('/rules/why', { method: 'POST', body })
        print(context, command, found, (w) =>
          [
            verdictText(w.verdict),
            fields([
              ['rules', `as of sequence ${w.rule_set_sequence}`],
              [
                'proven',
                w.was_enforced ? 'the node had proved to enforce them' : 'not by the node',
              ],
              [
                'last change',
                w.last_change
                  ? `${w.last_change.time} (${ago(w.last_change.time)}) by ${w.last_change.actor.kind} ${w.last_change.actor.id}${w.last_change.reason ? `: ${w.last_change.reason}` : ''}`
                  : '',
              ],
              ['note', w.remark],
            ]),
          ].join('\n'),
        )
      },
    )

  testCommands(group, context)
}

function testCommands(group: Command, context: Context): void {
  const tests = group
    .command('test')
    .description('sentences about the rules that must hold for every change')
  organization(tests.command('list').alias('ls').description('list the tests')).action(
    async (options: Place, command: Command) => {
      const items = context
        .api(command)
        .items<PolicyTest>('/policy-tests', { organization_id: options.org, limit: undefined })
      const columns = [
        { title: 'NAME', value: (t: PolicyTest) => t.name },
        { title: 'EXPECT', value: (t: PolicyTest) => t.expect },
        {
          title: 'OF',
          value: (t: PolicyTest) => `${t.protocol} ${t.src || 'any'} → ${t.dst || 'any'}`,
        },
        { title: 'ID', value: (t: PolicyTest) => t.id },
      ]
      const empty =
        'No tests. Add one: holdfast rule test add --name <name> --expect drop --src <cidr> --dst <cidr>'
      await printList(context, command, items, (rows) => table(rows, columns), empty)
    },
  )
  organization(
    tests
      .command('add')
      .description('add a test; one that fails now is refused')
      .requiredOption('--name <name>')
      .requiredOption('--expect <word>', 'pass or drop')
      .option('--direction <word>', 'ingress, egress or both')
      .option('--protocol <word>', 'tcp, udp, icmp or any')
      .option('--src <cidr>')
      .option('--dst <cidr>')
      .option('--dst-port-from <port>', 'first destination port', port)
      .option('--dst-port-to <port>', 'last destination port', port)
      .option('-i, --interface <name-or-id>', 'only on this interface')
      .option('--node <name-or-id>', 'only on this node')
      .option('--peer <name-or-id>', 'only for this peer')
      .option('--site <name-or-id>', 'only at this site'),
  ).action(async (options: RuleOptions & Place & { expect: string }, command: Command) => {
    const body = given({
      organization: options.org,
      name: options.name,
      expect: options.expect,
      direction: options.direction,
      protocol: options.protocol,
      src: options.src,
      dst: options.dst,
      dst_port_from: options.dstPortFrom,
      dst_port_to: options.dstPortTo,
      target: targetOf(options),
    })
    const made = await context
      .api(command)
      .json<PolicyTest>('/policy-tests', { method: 'POST', body })
    print(context, command, made, (t) => `Added test ${t.name}.`)
  })
  tests
    .command('delete <id...>')
    .alias('rm')
    .description('remove tests')
    .action(async (ids: string[], _options, command: Command) => {
      const api = context.api(command)
      for (const id of list(ids.join(','))) {
        await api.json(`/policy-tests/${segment(id)}`, { method: 'DELETE' })
      }
      print(context, command, { deleted: ids }, () => `Deleted ${ids.length}.`)
    })
  organization(
    tests
      .command('run')
      .description('run every test; ends with 1 when one fails')
      .option('--at <sequence-or-time>', 'with the rules of then')
      .option('--since <sequence-or-time>', 'also say when tests did not hold since then')
      .option('--draft <id>', 'with this draft applied'),
  ).action(
    async (options: Place & { at?: string; since?: string; draft?: string }, command: Command) => {
      const body = given({
        organization: options.org,
        at: options.at,
        from: options.since,
        change_set: options.draft,
      })
      const found = await context
        .api(command)
        .json<{ items: TestResult[] }>('/policy-tests/run', { method: 'POST', body })
      print(context, command, found, ({ items }) =>
        items
          .flatMap(({ test, passed, witness, message, violations }) => [
            `${passed ? '✓' : '✗'} ${test.name}${passed ? '' : `: ${message}${witness ? ` (${packetText(witness)})` : ''}`}`,
            ...violations.map(({ from, to }) => `    did not hold from ${from} to ${to ?? 'now'}`),
          ])
          .join('\n'),
      )
      const failed = found.items.filter(({ passed }) => !passed).length
      if (failed > 0) {
        throw new CliError(`${failed} of ${found.items.length} fail`, exitCodes.failed)
      }
    },
  )
}

function file(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${(error as Error).message}`, exitCodes.failed)
  }
}
