import type { App } from '@holdfast/service'
import type { settings } from './config.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** Events for external subscribers: the stream EVENTS. */
export function composePublisher(_app: NotifyApp): void {}
