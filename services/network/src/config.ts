import { defineConfig, text } from '@holdfast/config'
import { agentDoorSettings, commonSettings } from '@holdfast/service'

export const settings = defineConfig({
  ...commonSettings('network'),
  ...agentDoorSettings,
  localNodeId: text('HOLDFAST_LOCAL_NODE_ID', {
    optional: true,
    pattern: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
    doc: 'The node an omitted node means when there are several; the first enrolled one when absent.',
  }),
})
