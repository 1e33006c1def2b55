import type { Backend, Capability } from './backend.ts'
import { bpfBackend } from './bpf/bpf-backend.ts'
import { removeBpf } from './bpf/remove.ts'
import type { EnforcerLog } from './enforcer.ts'
import { nftablesBackend, removeNftables } from './nftables/nftables-backend.ts'
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
  const attempt = (name: string, make: () => Backend): Backend | undefined => {
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
    const bpf = attempt('bpf', () => bpfBackend({ ...options, now }))
    if (bpf) return instead(bpf, () => removeNftables(options.nft))
  }
  if (choice !== 'bpf') {
    const nftables = attempt('nftables', () => nftablesBackend(options.nft))
    if (nftables) return instead(withCapabilities(nftables, capabilities), () => removeBpf(options))
  }
  const reasons = capabilities.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  return noBackend(`rules cannot be enforced on this host: ${reasons}`, capabilities)
}

const withCapabilities = (backend: Backend, more: readonly Capability[]): Backend => ({
  ...backend,
  capabilities: () => [...more, ...backend.capabilities()],
})

/** Takes away what another backend enforced, once this one does: in between both judge, and neither is missing. */
function instead(backend: Backend, removeOther: () => void): Backend {
  let isAlone = false
  return {
    ...backend,
    async apply(policy, version) {
      const figures = await backend.apply(policy, version)
      if (!isAlone) removeOther()
      isAlone = true
      return figures
    },
  }
}
