import { compensationHandlers } from '@holdfast/compensation'
import { CompensationService } from '@holdfast/proto'
import type { App } from '@holdfast/service'
import type { WebhookTools } from './commands/change-webhooks.ts'
import { notifyCompensables } from './compensation/compensables.ts'
import type { settings } from './config.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** What a restore and an undo bring back of this service. */
export function composeCompensation(app: NotifyApp, tools: WebhookTools): void {
  const { log } = app
  const { now } = tools
  app.serve(
    CompensationService,
    compensationHandlers({ log, now, compensables: notifyCompensables(tools) }),
  )
}
