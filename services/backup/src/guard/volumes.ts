import type { VolumeSpec } from '@holdfast/log-guard'
import type { BackupSettings } from '../config.ts'

/** Their free space is watched, those on this machine. */
export function volumesOf(
  settings: Pick<BackupSettings, 'archiveDir' | 'logDir' | 'databaseDir'>,
): readonly VolumeSpec[] {
  const { archiveDir, logDir, databaseDir } = settings
  return [
    ...(logDir === undefined ? [] : [{ name: 'log', directory: logDir } as const]),
    { name: 'archive', directory: archiveDir },
    ...(databaseDir === undefined ? [] : [{ name: 'database', directory: databaseDir } as const]),
  ]
}
