import {
  address,
  defineConfig,
  durationMs,
  integer,
  list,
  oneOf,
  path,
  secret,
  text,
} from '@holdfast/config'
import { logLevels } from '@holdfast/telemetry'
import { driverChoices } from './apply/device.ts'
import { firewallChoices, repairModes } from './firewall/protocol.ts'

/** Every setting of the agent but those of its enrolment. */
export const settings = defineConfig({
  dataFolder: path('HOLDFAST_AGENT_DATA', {
    default: '/var/lib/holdfast-agent',
    doc: 'Keys, identity and the saved desired state of this node',
  }),
  httpListen: address('HOLDFAST_AGENT_HTTP_LISTEN', {
    default: '127.0.0.1:9110',
    doc: 'Health and metrics',
  }),
  driver: oneOf('HOLDFAST_AGENT_DRIVER', driverChoices, {
    default: 'auto',
    doc: 'WireGuard in the kernel, by wireguard-go, or whichever there is (kernel first)',
  }),
  wg: text('HOLDFAST_AGENT_WG', { default: 'wg', doc: 'Path of wg(8); a bare name is looked for' }),
  ip: text('HOLDFAST_AGENT_IP', { default: 'ip', doc: 'Path of ip(8); a bare name is looked for' }),
  wireguardGo: text('HOLDFAST_AGENT_WIREGUARD_GO', {
    default: 'wireguard-go',
    doc: 'Path of wireguard-go; a bare name is looked for',
  }),
  natsServers: list('HOLDFAST_NATS_URL', {
    optional: true,
    doc: 'Where the log is, instead of what enrolment told',
  }),
  checkMs: durationMs('HOLDFAST_AGENT_CHECK', {
    default: '5s',
    doc: 'How often the kernel is read back to find and repair foreign changes',
  }),
  reportMs: durationMs('HOLDFAST_AGENT_REPORT', {
    default: '10s',
    doc: 'How often figures are reported when nothing else gives a reason',
  }),
  metricsPeers: integer('HOLDFAST_AGENT_METRICS_PEERS', {
    default: '256',
    min: 0,
    max: 100_000,
    doc: 'Peers with metrics of their own; the others count in the sums only',
  }),
  firewall: oneOf('HOLDFAST_AGENT_FIREWALL', firewallChoices, {
    default: 'auto',
    doc: 'What enforces the rules: BPF, nftables, or whichever works (BPF first); `off` takes them away',
  }),
  firewallRepair: oneOf('HOLDFAST_AGENT_FIREWALL_REPAIR', repairModes, {
    default: 'true',
    doc: 'Whether foreign changes to the rules in the kernel are undone, or stay and are only reported',
  }),
  firewallCheckMs: durationMs('HOLDFAST_AGENT_FIREWALL_CHECK', {
    default: '60s',
    doc: 'How often the rules in the kernel are read back',
  }),
  flowsPerSecond: integer('HOLDFAST_AGENT_FLOWS', {
    default: '5000',
    min: 0,
    max: 100_000,
    doc: 'Flow records told a second at most; the others are counted as lost',
  }),
  nft: text('HOLDFAST_AGENT_NFT', {
    default: 'nft',
    doc: 'Path of nft(8); a bare name is looked for',
  }),
  libbpf: path('HOLDFAST_LIBBPF', {
    optional: true,
    doc: 'libbpf.so.1, when it is not where the system keeps libraries',
  }),
  drainMs: durationMs('HOLDFAST_AGENT_DRAIN', {
    default: '10s',
    doc: 'How long a running change may take to finish at SIGTERM',
  }),
  logLevel: oneOf('HOLDFAST_LOG_LEVEL', logLevels, { default: 'info', doc: 'Least level logged' }),
})

/**
 * Read only while the node has no identity: a token's file may be gone afterwards, and that must not keep a
 * host from booting.
 */
export const enrolmentSettings = defineConfig({
  enrollUrl: text('HOLDFAST_AGENT_ENROLL_URL', {
    doc: 'The gateway, for example https://vpn.example.org; needed at the first start only',
  }),
  enrollToken: secret('HOLDFAST_AGENT_ENROLL_TOKEN', {
    doc: 'Short-lived token from `holdfast node enroll-token`; needed at the first start only',
  }),
})
