import type { App } from '@holdfast/service'
import type { settings } from './config.ts'
import type { RootKeys } from './guard/root-keys.ts'
import type { Work } from './work/work.ts'

export type BackupApp = App<(typeof settings)['spec']> & {
  /** For whatever would keep the event loop from the guard. */
  readonly work: Work
  /** Of this instance: which archives and backups are its own. */
  readonly rootKeys: RootKeys
}
