import { ArchiveService, holdfast } from '@holdfast/proto'
import { type ServiceAccess, withService } from './service-channel.ts'

const { WriteState } = holdfast.backup.v1
const timeoutMs = 1_000

/** Why nobody may write, for people; undefined when everybody may, and when backup does not say. */
export async function whyNoWrites(access: ServiceAccess): Promise<string | undefined> {
  try {
    const { state } = await withService('backup', access, (channel) =>
      channel.client(ArchiveService).getLogState({}, { timeoutMs }),
    )
    if (!state || state.writes === WriteState.WRITE_STATE_OPEN) return undefined
    return state.reason || 'the log is being compared with its archive'
  } catch {
    return undefined
  }
}
