import type { StreamConfig, StreamInfo } from '../jetstream-api.ts'
import type { AdminConnection } from './connection.ts'
import { infoOf } from './provision.ts'

/** Makes a stream where it is missing; one that differs in what may change gets these settings. May be repeated. */
export async function ensureStream(
  admin: AdminConnection,
  wanted: StreamConfig,
  changeable: readonly (keyof StreamConfig & string)[],
): Promise<void> {
  const { api } = admin.link
  const { name } = wanted
  const existing = await infoOf(admin, name)
  if (!existing) {
    await api.call<StreamInfo>(`STREAM.CREATE.${name}`, wanted)
    return
  }
  const settings = Object.fromEntries(changeable.map((setting) => [setting, wanted[setting]]))
  const isCurrent = Object.entries(settings).every(
    ([setting, value]) => JSON.stringify(existing.config[setting]) === JSON.stringify(value),
  )
  if (isCurrent) return
  await api.call<StreamInfo>(`STREAM.UPDATE.${name}`, { ...existing.config, ...settings })
}
