import {
  type AccessRecorder,
  accessKeyKind,
  accessRecorder,
  accessSources,
  accessStore,
} from '@holdfast/event-log'
import { KeyService } from '@holdfast/proto'
import { type EdgeApp, type EdgeSpec, natsConnection } from '@holdfast/service'

const retryMs = 1_000
/** A rotation of data keys is noticed that late: until then the one before goes on. */
const refreshMs = 60_000

/** What the gateway puts into ACCESS. The keys that seal sources come from auth, as soon as it answers. */
export function accessRecords(edge: EdgeApp<EdgeSpec>): AccessRecorder {
  const { telemetry, log } = edge
  const keys = edge.connect(KeyService)
  const keysOf = async (ownerId: string) => {
    const wish = { ownerId, kind: accessKeyKind }
    const answer = await keys.getDataKeys(wish, { timeoutMs: 5_000 })
    return answer.keys.map(({ id, key, isActive }) => ({
      id: id ?? '',
      key: key ?? new Uint8Array(),
      isActive: isActive === true,
    }))
  }
  const sources = accessSources(log.lineageId, keysOf)
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function fetchKeys(): Promise<void> {
    let nextMs = refreshMs
    try {
      sources.useKeys(await keysOf(log.lineageId))
    } catch (error) {
      telemetry.log.debug({ err: error }, 'no keys yet for the sources in ACCESS')
      nextMs = retryMs
    }
    if (isClosed) return
    timer = setTimeout(() => void fetchKeys(), nextMs)
    timer.unref()
  }

  const recorder = accessRecorder({
    store: accessStore(natsConnection('gateway', edge.settings)),
    sources,
    log: telemetry.log,
    registry: telemetry.registry,
    now: Date.now,
  })
  edge.onStart(() => void fetchKeys())
  return {
    record: recorder.record,
    async close() {
      isClosed = true
      clearTimeout(timer)
      await recorder.close()
    },
  }
}
