import type { App } from '@holdfast/service'
import type { settings } from './config.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** The inbox, the rules that fill it, and mail. */
export function composeAlerts(_app: NotifyApp): void {}
