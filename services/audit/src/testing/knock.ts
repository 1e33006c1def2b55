import { newId, uuidToBytes } from '@holdfast/domain'
import { accessStore } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { TestNats } from '@holdfast/testkit'

const { AccessRecord, AccessResult } = holdfast.access.v1

/** Stores records of ACCESS as auth does, one after the other; answers the sequence of the last. */
export async function knock(
  nats: TestNats,
  count: number,
  organizationId?: string,
): Promise<bigint> {
  const store = accessStore({
    url: nats.url,
    name: 'auth',
    credentialsFile: nats.identities.credentialsFile('auth'),
  })
  try {
    for (let done = 0; done < count; done++) {
      const id = newId<string>()
      const record = AccessRecord.encode({
        id: uuidToBytes(id),
        atUnixMs: Date.now(),
        action: 'login',
        result: AccessResult.ACCESS_RESULT_SUCCESS,
        ...(organizationId === undefined ? {} : { organizationId: uuidToBytes(organizationId) }),
        count: 1,
      }).finish()
      await store.store(id, record)
    }
  } finally {
    await store.close()
  }
  return BigInt((await nats.admin.link.api.streamInfo('ACCESS')).state.last_seq)
}
