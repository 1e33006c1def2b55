import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ageOpen, generateRootKey, loadRootKey, recoveryIdentity } from '@holdfast/crypto'
import { unpackKeyset } from '@holdfast/full-backup'
import { expect, onTestFinished, test } from 'vitest'
import { RotationUnderWay } from '../domain/errors.ts'
import { type KeyStore, openKeyStore } from '../keys/key-store.ts'
import { keysetHandlers } from './keyset-handlers.ts'

const newKey = () => {
  const text = generateRootKey()
  return loadRootKey({ reveal: () => text })
}

test('a store that a failed rotation left half done goes into no backup', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-keyset-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const [old, next] = [newKey(), newKey()]
  const exported = (store: KeyStore) =>
    keysetHandlers({
      ...{ rootKeys: store.rootKeys, isRotating: store.isRotating, directory },
      destroyedSequence: async () => 0n,
      whole: (work) => work(),
      // as: it looks at nothing of the call
    }).exportKeyset({ recipients: [] }, undefined as never)

  const store = await openKeyStore(directory, old, async () => {
    throw new Error('no room for it')
  })
  await store.dataKeys('somebody', 'network')
  await exported(store)
  await expect(store.rotateRootKey(next)).rejects.toThrow('no room for it')
  await expect(exported(store)).rejects.toSatisfy(RotationUnderWay.is)

  const { keyset } = await exported(await openKeyStore(directory, old))
  const opened = await ageOpen([recoveryIdentity(next).identity], new Uint8Array(keyset ?? []))
  expect(unpackKeyset(opened).files.map(({ path }) => path)).toContain(
    'data/somebody.network.1.json',
  )
})
