import { defineConfig } from '@holdfast/config'
import { commonSettings } from '@holdfast/service'
import { mailSettings } from './mail/mail-settings.ts'
import { webhookSettings } from './webhooks/settings.ts'

export const settings = defineConfig({
  ...commonSettings('notify'),
  ...mailSettings,
  ...webhookSettings,
})
