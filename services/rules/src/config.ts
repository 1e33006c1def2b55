import { defineConfig, durationMs } from '@holdfast/config'
import { commonSettings } from '@holdfast/service'

export const settings = defineConfig({
  ...commonSettings('rules'),
  revertGraceMs: durationMs('HOLDFAST_RULES_REVERT_GRACE', {
    default: '30s',
    doc: 'How long after its deadline an unconfirmed change is taken back in the log: hosts go first, by their own clocks.',
  }),
})
