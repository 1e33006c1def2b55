import type { Line, Policy } from '@holdfast/policy'

/** A line that matches everything and allows it, but for what is said. */
export const anyLine = (but: Partial<Line> = {}): Line => ({
  ruleId: 'rule',
  implicit: '',
  source: { value: 0n, length: 0 },
  destination: { value: 0n, length: 0 },
  protocol: undefined,
  sourcePorts: undefined,
  destinationPorts: undefined,
  action: 'allow',
  continues: false,
  logs: false,
  rate: undefined,
  ...but,
})

/** One device, wg0, with these lines on ingress of IPv4. */
export const policyWith = (
  lines: readonly Line[],
  firewall: Partial<Policy['devices'][number]['firewall']> = {},
): Policy => ({
  devices: [
    {
      device: 'wg0',
      kind: 'wireguard',
      interfaceId: '01890000-0000-7000-8000-000000000001',
      view: 0,
      firewall: {
        defaultVerdict: 'pass',
        isStateful: false,
        dropsFragments: false,
        unparsableVerdict: 'drop',
        ...firewall,
      },
    },
  ],
  views: [{ ingress4: lines, egress4: [], ingress6: [], egress6: [] }],
})
