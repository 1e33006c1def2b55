import { AccessDenied, type Call } from '@holdfast/service'
import { OffsiteNotContinuous } from '../domain/offsite-errors.ts'
import type { Destination, DestinationState } from '../offsite/destination.ts'
import type { Offsite } from '../offsite/offsite.ts'
import type { Location } from '../storage/locations.ts'

const permission = 'backup.archive.read'

/** All of it concerns the instance. */
export function offsiteHandlers(parts: {
  states(): readonly DestinationState[]
  destination(locationId: string): Destination | undefined
  find(nameOrId: string): Promise<Location>
  lastSequence(): bigint
}): Offsite['handlers'] {
  const judge = ({ caller }: Call): void => {
    if (caller.organizations(permission) !== '*') throw AccessDenied({ permission })
  }
  return {
    async getOffsiteState(_request, call) {
      judge(call)
      const states = parts.states()
      const destroyed = states.reduce(
        (most, { keysetDestroyedSequence: at }) => (at > most ? at : most),
        0n,
      )
      return {
        locations: states.map((state) => printState(state, destroyed)),
        lastSequence: Number(parts.lastSequence()),
      }
    },

    async verifyOffsite({ storageLocation }, call) {
      judge(call)
      const location = await parts.find(storageLocation)
      const destination = parts.destination(location.id)
      if (!destination) throw OffsiteNotContinuous({ location: location.name })
      await destination.verify()
      return {}
    },
  }
}

const printState = (state: DestinationState, destroyed: bigint) => ({
  storageLocationId: state.location.id,
  name: state.location.name,
  kind: state.location.kind,
  pushedSequence: Number(state.pushedSequence),
  lagMs: Math.round(state.lagMs),
  pushedAtUnixMs: state.pushedAtUnixMs,
  objects: state.totals.objects,
  bytes: state.totals.bytes,
  manifests: state.manifests,
  newestManifestUnixMs: state.newestManifestUnixMs,
  verifiedAtUnixMs: state.verifiedAtUnixMs,
  verifiedSequence: Number(state.verifiedSequence),
  state: state.state,
  failureCode: state.failure?.code ?? '',
  failureDetail: state.failure?.detail ?? '',
  retryAtUnixMs: state.retryAtUnixMs,
  outdatedKeysets: state.keysetDestroyedSequence < destroyed ? state.keysets : 0,
  damagedObjects: state.totals.damaged,
})
