import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  CompensationService,
  ContributorService,
  EnrolmentService,
  InterfaceService,
  KeyService,
  NodeService,
  PeerService,
  ProofService,
} from '@holdfast/proto'
import { run } from '@holdfast/service'
import { composeNetwork } from './compose.ts'
import { settings } from './config.ts'
import { operationalTables } from './operational-tables.ts'
import { readModels } from './projections/read-models.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

await run('network', settings, { migrations, operationalTables }, async (app) => {
  const { log, postgres, telemetry } = app
  const { agentNatsServers, agentCaFile, localNodeId } = app.settings
  app.project(...readModels)
  const network = composeNetwork({
    log,
    postgres,
    telemetry,
    projections: () => app.projections,
    keyService: app.connect(KeyService),
    enrolment: app.connect(EnrolmentService),
    proofs: app.connect(ProofService),
    door: {
      natsServers: agentNatsServers,
      caCertificate: agentCaFile === undefined ? '' : await readFile(agentCaFile, 'utf8'),
      lineageId: log.lineageId,
      generation: log.generation,
    },
    localNodeId,
    now: Date.now,
  })
  app.onStart(network.start)
  app.onDrain(network.stop)
  app.serve(NodeService, network.nodes)
  app.serve(InterfaceService, network.interfaces)
  app.serve(PeerService, network.peers)
  app.serve(ContributorService, network.contributors)
  app.serve(CompensationService, network.compensation)
})
