import { type InterfaceId, idFrom, type PeerId } from '@holdfast/domain'
import { DomainError, defineError, type FieldError, invalid } from '@holdfast/errors'
import type { WgKey } from '@holdfast/net'
import type { holdfast, InterfaceService } from '@holdfast/proto'
import type { Answer, Call } from '@holdfast/service'
import { nodes } from '../commands/aggregates.ts'
import {
  createInterface,
  type InterfacePlace,
  requireNoOverlap,
} from '../commands/change-interfaces.ts'
import type { Sealer } from '../commands/secrets.ts'
import { type ImportNote, type ImportPlan, planImport } from '../domain/import-plan.ts'
import { networkInterface } from '../domain/interface.ts'
import { node as nodeDecider } from '../domain/node.ts'
import type { NewPeer } from '../domain/peer.ts'
import type { Sealed, SealedToNode } from '../domain/sealed.ts'
import { createdView } from './created-view.ts'
import type { Edge } from './edge.ts'
import { publicKeyOf } from './parse-interface.ts'
import { printInterface } from './print.ts'
import { resolveNodeOrLocal } from './resolve.ts'

const maxConfigBytes = 8 * 1024 * 1024
const shownPeers = 200
const shownNotes = 200
const shownErrors = 100

export const ImportTooLarge = defineError(
  'network.import_too_large',
  'too_large',
  (d: { bytes: number; maxBytes: number }) =>
    `the file has ${d.bytes} bytes, more than the ${d.maxBytes} one import may have`,
)

type Request = holdfast.network.v1.ImportInterfaceRequest

/** A preview of what a wg-quick(8) file would become, or that, in one commit. */
export async function importInterface(
  edge: Edge,
  request: Request,
  call: Call,
): Promise<Answer<(typeof InterfaceService)['importInterface']>> {
  const bytes = Buffer.byteLength(request.config)
  if (bytes > maxConfigBytes) throw ImportTooLarge({ bytes, maxBytes: maxConfigBytes })
  const node = await resolveNodeOrLocal(edge, call, request.node, 'network.nodes.read')
  const { organizationId, id: nodeId } = node
  call.caller.require('network.interfaces.write', organizationId)
  const interfaceId = idFrom<InterfaceId>(call.commandId, 'interface')
  const place = { organizationId, nodeId, interfaceId }
  const plan = planImport(request.config, request.name, publicKeyOf)
  const peers = (sealer: Sealer) => newPeers(plan, sealer, call)

  if (request.dryRun) {
    const refusals = hasErrors(plan.notes) ? [] : await conflicts(edge, place, plan, peers)
    return answer(plan, [...plan.notes, ...refusals])
  }
  const errors = plan.notes.filter(({ level }) => level === 'error')
  if (errors.length > 0) throw invalid(...errors.slice(0, shownErrors).map(fieldError))
  const { privateKey } = plan
  const keys = privateKey && { privateKey, publicKey: publicKeyOf(privateKey) }
  const wish = { settings: plan.settings, keys, peers }
  const outcome = await createInterface(edge.tools, place, wish, call.command(organizationId))
  edge.homes.remember(interfaceId, { ...place, kind: 'interface' })
  call.committed(outcome.sequence)
  const view = createdView(place, node.settings.name, outcome)
  return { ...answer(plan, plan.notes), interface: printInterface(view, edge.board) }
}

function newPeers(plan: ImportPlan, sealer: Sealer, call: Call): NewPeer[] {
  return plan.peers.map(({ settings, publicKey, presharedKey }, i) => {
    const id = idFrom<PeerId>(call.commandId, `peer ${i}`)
    return {
      id,
      settings,
      publicKey,
      privateKey: undefined,
      presharedKey: presharedKey && sealer.forOrganization(id, 'preshared_key', presharedKey),
      presharedKeyForNode: presharedKey && sealer.forNode(id, 'preshared_key', presharedKey),
    }
  })
}

/** What the node, or the interface's own rules, would refuse. Nothing is sealed and nothing stored. */
async function conflicts(
  { tools }: Edge,
  place: InterfacePlace,
  { settings, privateKey }: ImportPlan,
  peers: (sealer: Sealer) => readonly NewPeer[],
): Promise<ImportNote[]> {
  const { organizationId, nodeId, interfaceId } = place
  const notes: ImportNote[] = []
  const judge = async (decide: () => unknown): Promise<void> => {
    try {
      await decide()
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error
      const code = error.code.replace(/^network\./, '')
      notes.push({ level: 'error', code, detail: error.message, line: 0 })
    }
  }
  const nothing = new Uint8Array()
  const sealed: Sealed = { keyId: '', nonce: nothing, ciphertext: nothing }
  const toNode: SealedToNode = {
    recipient: nothing,
    ephemeralPublicKey: nothing,
    nonce: nothing,
    ciphertext: nothing,
  }
  const preview: Sealer = { forOrganization: () => sealed, forNode: () => toNode }
  await judge(() =>
    networkInterface.decide(
      {
        type: 'CreateInterface',
        organizationId,
        settings,
        keys: {
          publicKey: privateKey ? publicKeyOf(privateKey) : ('' as WgKey), // as: nobody's key, for a key to be made
          privateKey: sealed,
          privateKeyForNode: toNode,
        },
        peers: peers(preview),
        now: tools.now(),
      },
      networkInterface.initial(),
    ),
  )
  await judge(async () => {
    const { state } = await tools.log.fold(nodes, nodeId)
    const { name, listenPort } = settings
    nodeDecider.decide({ type: 'ClaimInterface', interfaceId, name, listenPort }, state)
  })
  await judge(() => requireNoOverlap(tools, place, settings))
  return notes
}

const hasErrors = (notes: readonly ImportNote[]): boolean =>
  notes.some(({ level }) => level === 'error')

const fieldError = ({ code, detail, line }: ImportNote): FieldError => ({
  field: 'config',
  code,
  detail: line === 0 ? detail : `line ${line}: ${detail}`,
})

/** Errors first, for there may be more notes than are shown. */
function answer(plan: ImportPlan, notes: readonly ImportNote[]) {
  const sorted = [...notes].sort(
    (a, b) => Number(b.level === 'error') - Number(a.level === 'error') || a.line - b.line,
  )
  return {
    name: plan.settings.name,
    peerCount: plan.peers.length,
    peers: plan.peers.slice(0, shownPeers).map(({ settings, publicKey }) => ({
      name: settings.name,
      publicKey,
      addresses: [...settings.addresses],
      allowedIps: [...settings.allowedIps],
    })),
    notes: sorted.slice(0, shownNotes).map((note) => ({ ...note })),
  }
}
