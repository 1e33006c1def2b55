import type { Incident, IncidentKind } from './state.ts'

const kept = 50

/** The last 50 incidents, newest first. */
export interface IncidentLog {
  readonly list: readonly Incident[]
  add(kind: IncidentKind, detail: string, first?: bigint, last?: bigint): void
}

export function incidentLog(onIncident: (incident: Incident) => void): IncidentLog {
  let list: readonly Incident[] = []
  return {
    get list() {
      return list
    },
    add(kind, detail, first = 0n, last = first) {
      const incident: Incident = {
        atUnixMs: Date.now(),
        kind,
        detail,
        firstSequence: first,
        lastSequence: last,
      }
      list = [incident, ...list.slice(0, kept - 1)]
      onIncident(incident)
    },
  }
}
