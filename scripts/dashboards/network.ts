import { dashboard } from './panels.ts'

const agent = 'the metrics of a node agent are scraped'
const traffic = (direction: 'receive' | 'transmit'): string =>
  `topk(10, rate(holdfast_wireguard_peer_${direction}_bytes_total{@, interface=~"$interface"}[$__rate_interval]))`

/** Hosts: interfaces, peers, rules and what the kernel has room for. */
export const network = dashboard(
  {
    uid: 'holdfast-network',
    title: 'Holdfast · hosts',
    description: 'Nodes, WireGuard interfaces and peers, the firewall and its maps in the kernel.',
    choices: [
      ['interface', 'Interface', 'label_values(holdfast_wireguard_interface_peers{@}, interface)'],
    ],
  },
  [
    {
      title: 'Overview',
      kind: 'stat',
      panels: [
        {
          title: 'Nodes online',
          description: 'Heard of in the last 35 s.',
          unit: 'none',
          queries: [['online', 'max(holdfast_nodes{@, state="online"})']],
        },
        {
          title: 'Nodes silent',
          description: 'They enforce what they know. Alert: HoldfastNodeSilent.',
          unit: 'none',
          warning: 1,
          queries: [['silent', 'max(holdfast_nodes{@, state="silent"})']],
        },
        {
          title: 'Peers online',
          description: 'With a handshake within three minutes, of those with metrics of their own.',
          unit: 'none',
          queries: [
            [
              'online',
              'sum(time() - holdfast_wireguard_peer_last_handshake_timestamp_seconds{@} < bool 180)',
            ],
          ],
          noDataUntil: agent,
        },
        {
          title: 'Denied',
          description: 'Packets a second that rules or the default refused.',
          unit: 'pps',
          queries: [
            [
              'denied',
              'sum(rate(holdfast_firewall_packets_total{@, verdict=~"drop|limited"}[$__rate_interval]) or rate(holdfast_firewall_undecided_packets_total{@}[$__rate_interval]))',
            ],
          ],
          noDataUntil: agent,
        },
        {
          title: 'Interfaces enforced',
          description:
            'Read back and equal to what was asked for. Alert: HoldfastInterfaceNotEnforced.',
          unit: 'percentunit',
          isLowBad: true,
          critical: 1,
          queries: [['enforced', 'avg(holdfast_wireguard_interface_enforced{@})']],
          noDataUntil: agent,
        },
        {
          title: 'Firewalls enforced',
          description: 'Read back and equal to the rules. Alert: HoldfastFirewallNotEnforced.',
          unit: 'percentunit',
          isLowBad: true,
          critical: 1,
          queries: [['enforced', 'avg(holdfast_firewall_enforced{@})']],
          noDataUntil: agent,
        },
      ],
    },
    {
      title: 'Interfaces',
      panels: [
        {
          title: 'Received',
          description: 'By interface, of all its peers.',
          unit: 'Bps',
          queries: [
            [
              '{{interface}} {{instance}}',
              'rate(holdfast_wireguard_interface_receive_bytes_total{@, interface=~"$interface"}[$__rate_interval])',
            ],
          ],
          noDataUntil: agent,
        },
        {
          title: 'Sent',
          description: 'By interface, to all its peers.',
          unit: 'Bps',
          queries: [
            [
              '{{interface}} {{instance}}',
              'rate(holdfast_wireguard_interface_transmit_bytes_total{@, interface=~"$interface"}[$__rate_interval])',
            ],
          ],
          noDataUntil: agent,
        },
        {
          title: 'Reconciling',
          description: 'From the start of a pass over one interface to its end, read back.',
          unit: 's',
          queries: [
            [
              'p99',
              'histogram_quantile(0.99, sum by (le) (rate(holdfast_agent_reconcile_seconds_bucket{@}[$__rate_interval])))',
            ],
          ],
          noDataUntil: agent,
        },
        {
          title: 'Foreign changes undone',
          description: 'Of interfaces and of rules.',
          unit: 'none',
          queries: [
            [
              'interfaces',
              'sum(increase(holdfast_agent_drift_repaired_total{@}[$__rate_interval]))',
            ],
            ['rules', 'sum(increase(holdfast_firewall_drift_repaired_total{@}[$__rate_interval]))'],
          ],
          noDataUntil: agent,
        },
      ],
    },
    {
      title: 'Peers',
      panels: [
        {
          title: 'Received, top 10',
          description: 'Peers beyond HOLDFAST_AGENT_METRICS_PEERS count in their interface only.',
          unit: 'Bps',
          queries: [['{{interface}} {{name}}', traffic('receive')]],
          noDataUntil: agent,
        },
        {
          title: 'Sent, top 10',
          description: 'Peers beyond HOLDFAST_AGENT_METRICS_PEERS count in their interface only.',
          unit: 'Bps',
          queries: [['{{interface}} {{name}}', traffic('transmit')]],
          noDataUntil: agent,
        },
        {
          title: 'Oldest handshakes, top 10',
          description: 'Since the latest handshake of peers that had one.',
          unit: 's',
          warning: 180,
          queries: [
            [
              '{{interface}} {{name}}',
              'topk(10, time() - (holdfast_wireguard_peer_last_handshake_timestamp_seconds{@, interface=~"$interface"} > 0))',
            ],
          ],
          noDataUntil: 'a peer has shaken hands',
        },
        {
          title: 'Peers without metrics of their own',
          description: 'Raise HOLDFAST_AGENT_METRICS_PEERS to see them; each takes three series.',
          unit: 'none',
          queries: [
            ['{{instance}}', 'sum by (instance) (holdfast_wireguard_peers_without_metrics{@})'],
          ],
          noDataUntil: agent,
        },
      ],
    },
    {
      title: 'Firewall',
      panels: [
        {
          title: 'Packets rules decided',
          description: 'By direction and verdict.',
          unit: 'pps',
          queries: [
            [
              '{{direction}} {{verdict}}',
              'sum by (direction, verdict) (rate(holdfast_firewall_packets_total{@}[$__rate_interval]))',
            ],
          ],
          noDataUntil: 'a rule has decided about a packet',
        },
        {
          title: 'Packets no rule decided',
          description: 'Refused by default, unparsable, or later fragments.',
          unit: 'pps',
          queries: [
            [
              '{{reason}}',
              'sum by (reason) (rate(holdfast_firewall_undecided_packets_total{@}[$__rate_interval]))',
            ],
          ],
          noDataUntil: agent,
        },
        {
          title: 'From change to proof',
          description: 'From the arrival of a change to the proof that it is enforced.',
          unit: 's',
          queries: [
            [
              'p99',
              'histogram_quantile(0.99, sum by (le) (rate(holdfast_firewall_change_seconds_bucket{@}[$__rate_interval])))',
            ],
          ],
          noDataUntil: agent,
        },
        {
          title: 'Flow records',
          description: 'Sent, and those there was no room for.',
          unit: 'cps',
          queries: [
            ['sent', 'sum(rate(holdfast_firewall_flows_total{@}[$__rate_interval]))'],
            ['lost', 'sum(rate(holdfast_firewall_lost_flows_total{@}[$__rate_interval]))'],
          ],
          noDataUntil: agent,
        },
      ],
    },
    {
      title: 'Maps in the kernel',
      panels: [
        {
          title: 'Fill',
          description:
            'Share of the entries that are in use. hf_counters and hf_buckets grow by themselves. Alert: HoldfastBpfMapNearlyFull.',
          unit: 'percentunit',
          warning: 0.75,
          critical: 0.9,
          queries: [
            [
              '{{map}}',
              'max by (map) (holdfast_bpf_map_entries{@} / holdfast_bpf_map_max_entries{@})',
            ],
          ],
          noDataUntil: `${agent} where rules are eBPF programs`,
        },
        {
          title: 'Entries',
          description: 'Of each map.',
          unit: 'none',
          queries: [
            ['{{map}} {{instance}}', 'sum by (map, instance) (holdfast_bpf_map_entries{@})'],
          ],
          noDataUntil: `${agent} where rules are eBPF programs`,
        },
      ],
    },
  ],
)
