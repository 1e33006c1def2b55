import type { App } from '@holdfast/service'
import type { settings } from './config.ts'

export type BackupApp = App<(typeof settings)['spec']>
