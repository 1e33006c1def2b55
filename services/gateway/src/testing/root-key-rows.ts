import { holdfast } from '@holdfast/proto'
import type { RouteRow } from './backup-rows.ts'

// What route-table.test.ts knows of the root key and the seal.

const v1 = holdfast.auth.v1
const fingerprint = '80313522d52d26ad8d30fb43f30c231f'
const set = new v1.ShardSet({
  setId: '29eec1f6',
  shares: 3,
  threshold: 2,
  rootKeyFingerprint: fingerprint,
  madeAtUnixMs: 1,
})

export const rootKeyFakes = {
  rootKeys: {
    getRootKey: async () =>
      new v1.GetRootKeyResponse({ rootKey: { fingerprint, keptAs: 'file', shards: set } }),
    splitRootKey: async () => new v1.SplitRootKeyResponse({ set, shards: ['a', 'b', 'c'] }),
    proveShards: async () =>
      new v1.ProveShardsResponse({ rootKeyFingerprint: fingerprint, setId: '29eec1f6' }),
    rotateRootKey: async () =>
      new v1.RotateRootKeyResponse({
        oldFingerprint: fingerprint,
        newFingerprint: fingerprint,
        keys: 7,
        keptAs: 'file',
      }),
    rotateDataKeys: async () => new v1.RotateDataKeysResponse({ keys: 7 }),
    listRootKeyWarnings: async () =>
      new v1.ListRootKeyWarningsResponse({ warnings: [{ code: 'shards_missing', detail: 'x' }] }),
  },
  seal: {
    getSeal: async () => new v1.GetSealResponse({ isSealed: true, threshold: 2, given: 1 }),
    unseal: async () => new v1.UnsealResponse({ isSealed: false, threshold: 2, given: 2 }),
  },
}

export const rootKeyServices = { rootKeys: 'RootKeyService', seal: 'SealService' } as const

const password = 'correct horse battery staple'
export const rootKeyRows: readonly RouteRow[] = [
  ['GET', '/operator/root-key', undefined, 'rootKeys.getRootKey', 200],
  ['POST', '/operator/root-key/shards', { password, shares: 5 }, 'rootKeys.splitRootKey', 201],
  ['POST', '/operator/root-key/shards/prove', { shards: ['a', 'b'] }, 'rootKeys.proveShards', 200],
  ['POST', '/operator/root-key/rotate', { password }, 'rootKeys.rotateRootKey', 200],
  ['POST', '/operator/data-keys/rotate', {}, 'rootKeys.rotateDataKeys', 200],
  ['GET', '/operator/warnings', undefined, 'rootKeys.listRootKeyWarnings', 200],
  ['GET', '/operator/seal', undefined, 'seal.getSeal', 200],
  ['POST', '/operator/seal/unseal', { shard: 'a' }, 'seal.unseal', 200],
]
