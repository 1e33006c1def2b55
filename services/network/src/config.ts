import { defineConfig, list, path, text } from '@holdfast/config'
import { commonSettings } from '@holdfast/service'

export const settings = defineConfig({
  ...commonSettings('network'),
  agentNatsServers: list('HOLDFAST_AGENT_NATS_SERVERS', {
    default: 'tls://127.0.0.1:4222',
    doc: 'NATS servers as agents reach them; an agent is told when it enrolls.',
  }),
  agentCaFile: path('HOLDFAST_AGENT_CA_FILE', {
    optional: true,
    doc: 'CA of those servers, PEM; handed to agents when they enroll.',
  }),
  localNodeId: text('HOLDFAST_LOCAL_NODE_ID', {
    optional: true,
    pattern: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
    doc: 'The node an omitted node means when there are several; the first enrolled one when absent.',
  }),
})
