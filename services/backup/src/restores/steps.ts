import { type Phase, type RestoreService, restoreServices } from './changes.ts'

/** A step that services carry out; each can be repeated. */
export interface ServiceStep {
  readonly service: RestoreService
  readonly phase: Phase
  readonly title: string
}

const titles: Readonly<Record<RestoreService, string>> = {
  auth: 'organizations, sites and people',
  network: 'nodes, interfaces and peers',
  rules: 'rules',
  notify: 'webhooks and alert rules',
  backup: 'storage locations and schedules',
}

/** What is too much goes first, the dependent before what they depend on; then what is missing comes back, the other way round. */
export const serviceSteps: readonly ServiceStep[] = [
  ...[...restoreServices].reverse().map((service) => step(service, 'remove')),
  ...restoreServices.map((service) => step(service, 'bring')),
]

function step(service: RestoreService, phase: Phase): ServiceStep {
  const doing = phase === 'remove' ? 'Removing' : 'Bringing back'
  return { service, phase, title: `${doing} ${titles[service]}` }
}

export const keyOf = ({ service, phase }: ServiceStep): string => `${service}.${phase}`

/** Percent: the rollback point first, the record last. */
export function progressAt(doneSteps: number, ofStep: number): number {
  const [first, last] = [5, 98]
  const share = Math.min(1, (doneSteps + Math.min(1, ofStep)) / serviceSteps.length)
  return Math.floor(first + (last - first) * share)
}
