import type { Backend, Capability } from './backend.ts'
import { bpfBackend } from './bpf/bpf-backend.ts'
import type { EnforcerLog } from './enforcer.ts'
import { noBackend } from './none.ts'
import type { FirewallOptions } from './protocol.ts'
import { removeFirewall } from './remove-firewall.ts'

/**
 * BPF where it works, else nftables, else nothing; the reasons are told with every report. What another choice has
 * left behind is taken away once this one enforces.
 */
export async function chooseBackend(
  options: FirewallOptions,
  log: EnforcerLog,
  now: () => number,
): Promise<Backend> {
  const { choice } = options
  const capabilities: Capability[] = []
  const attempt = async (name: string, make: () => Backend): Promise<Backend | undefined> => {
    try {
      return make()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      capabilities.push({ name, isAvailable: false, reason })
      log.warn({ err: error }, `${name} cannot enforce rules here`)
      return undefined
    }
  }
  if (choice === 'off') {
    log.warn({}, 'the firewall is switched off; rules are not enforced here')
    await removeFirewall(options)
    return noBackend('the firewall is switched off on this host (HOLDFAST_AGENT_FIREWALL)', [])
  }
  if (choice !== 'nftables') {
    const bpf = await attempt('bpf', () => bpfBackend({ ...options, now }))
    if (bpf) return bpf
  }
  const reasons = capabilities.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  return noBackend(`rules cannot be enforced on this host: ${reasons}`, capabilities)
}
