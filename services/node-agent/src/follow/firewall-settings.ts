import type { FirewallSettings } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'

const { FirewallVerdict } = holdfast.network.v1

/** What holds on a device about which nothing was said. */
export const defaultFirewall: FirewallSettings = {
  defaultVerdict: 'pass',
  isStateful: false,
  dropsFragments: false,
  unparsableVerdict: 'drop',
}

/** What is not said is as by default. */
export function readFirewall(
  settings: holdfast.network.v1.FirewallSettings.$Properties | null | undefined,
): FirewallSettings {
  if (!settings) return defaultFirewall
  return {
    defaultVerdict:
      settings.defaultVerdict === FirewallVerdict.FIREWALL_VERDICT_DROP ? 'drop' : 'pass',
    isStateful: settings.isStateful ?? false,
    dropsFragments: settings.dropsFragments ?? false,
    unparsableVerdict:
      settings.unparsableVerdict === FirewallVerdict.FIREWALL_VERDICT_PASS ? 'pass' : 'drop',
  }
}

export const writeFirewall = (
  settings: FirewallSettings,
): holdfast.network.v1.FirewallSettings.$Properties => ({
  defaultVerdict:
    settings.defaultVerdict === 'drop'
      ? FirewallVerdict.FIREWALL_VERDICT_DROP
      : FirewallVerdict.FIREWALL_VERDICT_PASS,
  isStateful: settings.isStateful,
  dropsFragments: settings.dropsFragments,
  unparsableVerdict:
    settings.unparsableVerdict === 'pass'
      ? FirewallVerdict.FIREWALL_VERDICT_PASS
      : FirewallVerdict.FIREWALL_VERDICT_DROP,
})
