import { type Backend, type Capability, noFlows } from './backend.ts'

/** A host on which nothing can be enforced, or should be: it refuses every policy and says why. */
export const noBackend = (reason: string, capabilities: readonly Capability[]): Backend => ({
  name: 'none',
  capabilities: () => capabilities,
  apply: () => Promise.reject(new Error(reason)),
  observe: async () => ({ policy: undefined, devices: [], faults: [] }),
  hits: () => [],
  drops: () => [],
  maps: () => [],
  drainFlows: () => noFlows,
  close() {},
  uninstall: async () => {},
})
