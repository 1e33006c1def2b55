import type { App } from '@holdfast/service'
import type { settings } from './config.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** Endpoints of others: what they are told, and that they were. */
export function composeWebhooks(_app: NotifyApp): void {}
