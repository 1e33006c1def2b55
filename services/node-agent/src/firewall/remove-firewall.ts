import { removeBpf } from './bpf/remove.ts'
import { removeNftables } from './nftables/nftables-backend.ts'
import type { FirewallOptions } from './protocol.ts'

/** Takes whatever enforced rules here, by whichever choice, out of the kernel. */
export async function removeFirewall(
  options: Pick<FirewallOptions, 'nodeId' | 'mountPoint' | 'nft'>,
): Promise<void> {
  removeBpf(options)
  removeNftables(options.nft)
}
