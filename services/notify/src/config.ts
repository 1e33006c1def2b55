import { defineConfig } from '@holdfast/config'
import { commonSettings } from '@holdfast/service'

export const settings = defineConfig({
  ...commonSettings('notify'),
})
