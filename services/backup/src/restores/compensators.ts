import { type CompensationService, holdfast } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import { actorMessage } from '../codecs/actor.ts'
import { UnknownScope } from '../domain/restore-errors.ts'
import {
  type Carried,
  type ChangeKind,
  type Compensators,
  changeKinds,
  type ObjectChange,
  type Phase,
  type RestoreService,
  restoreServices,
  type Scope,
} from './changes.ts'

export type CompensationClient = Client<typeof CompensationService>

const { CompensationPhase } = holdfast.ops.v1
const phaseNumber: Readonly<Record<Phase, holdfast.ops.v1.CompensationPhase>> = {
  remove: CompensationPhase.COMPENSATION_PHASE_REMOVE,
  bring: CompensationPhase.COMPENSATION_PHASE_BRING,
}
const outcomes: Readonly<Record<string, Carried['outcome']>> = {
  created: 'create',
  updated: 'update',
  deleted: 'delete',
  unchanged: 'unchanged',
  blocked: 'blocked',
}

/** The first page of a plan reads all that happened since. */
const planMs = 600_000
const applyMs = 120_000
const planPage = 1_000
const applyPage = 200

/** The services as they are reached. */
export function compensators(
  clients: Readonly<Record<RestoreService, CompensationClient>>,
): Compensators {
  /** Kinds each service is asked for: undefined, nothing of it; empty, all it has. */
  async function kindsOf(
    only: readonly string[],
    service: RestoreService,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    if (only.length === 0 || only.includes(service)) return []
    const known = await kindsIn(clients[service], signal)
    const named = only.filter((word) => known.has(word))
    return named.length === 0 ? undefined : named
  }

  return {
    async check(only, signal) {
      const names: readonly string[] = restoreServices
      const words = only.filter((word) => !names.includes(word))
      if (words.length === 0) return
      const known = await Promise.all(
        restoreServices.map((service) => kindsIn(clients[service], signal)),
      )
      const unknown = words.find((word) => !known.some((kinds) => kinds.has(word)))
      if (unknown === undefined) return
      const all = [...names, ...known.flatMap((kinds) => [...kinds])]
      throw UnknownScope({ word: unknown.slice(0, 60), known: all.join(', ') })
    },

    async *plan(service, scope, headSequence, signal) {
      const kinds = await kindsOf(scope.only, service, signal)
      if (kinds === undefined) return
      for (let cursor = ''; ; ) {
        const page = await clients[service].planCompensation(
          { scope: scopeMessage(scope, headSequence, kinds), cursor, limit: planPage },
          { signal, timeoutMs: planMs },
        )
        yield {
          changes: page.changes.map((change) => changeFrom(service, change)),
          digest: Buffer.from(page.digest).toString('hex'),
        }
        cursor = page.nextCursor
        if (cursor === '') return
      }
    },

    async *apply({ service, phase }, scope, headSequence, cause, signal) {
      const kinds = await kindsOf(scope.only, service, signal)
      if (kinds === undefined) return
      for (let cursor = ''; ; ) {
        const page = await clients[service].applyCompensation(
          {
            restoreId: cause.restoreId,
            scope: scopeMessage(scope, headSequence, kinds),
            phase: phaseNumber[phase],
            actor: actorMessage(cause.actor),
            reason: cause.reason,
            cursor,
            limit: applyPage,
          },
          { signal, timeoutMs: applyMs },
        )
        yield { objects: page.objects.map(carriedFrom), total: page.total }
        cursor = page.nextCursor
        if (cursor === '') return
      }
    },
  }
}

async function kindsIn(
  client: CompensationClient,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { kinds } = await client.listCompensables({}, { signal })
  return new Set(kinds.flatMap(({ kind, members }) => [kind ?? '', ...(members ?? [])]))
}

const scopeMessage = (scope: Scope, headSequence: bigint, kinds: readonly string[]) => ({
  toSequence: Number(scope.toSequence),
  headSequence: Number(headSequence),
  kinds: [...kinds],
  organizationId: scope.organizationId,
  actorId: scope.actorId,
  touchedBy: scope.touchedBy,
})

const changeOf = (word: string | null | undefined): ChangeKind => {
  const known = changeKinds.find((kind) => kind === word)
  if (!known) throw new Error(`a service plans ${word}, which this release does not know`)
  return known
}

export const changeFrom = (
  service: RestoreService,
  m: holdfast.ops.v1.CompensationChange.$Properties,
): ObjectChange => ({
  service,
  kind: m.kind ?? '',
  id: m.id ?? '',
  name: m.name ?? '',
  organizationId: m.organizationId ?? '',
  aggregateId: m.aggregateId ?? '',
  change: changeOf(m.change),
  fields: (m.fields ?? []).map((field) => ({
    field: field.field ?? '',
    before: field.before ?? '',
    after: field.after ?? '',
  })),
  code: m.code ?? '',
  reason: m.detail ?? '',
})

const carriedFrom = (m: holdfast.ops.v1.CompensatedObject.$Properties): Carried => {
  const outcome = outcomes[m.outcome ?? '']
  if (!outcome) throw new Error(`a service answers ${m.outcome}, which this release does not know`)
  return {
    kind: m.kind ?? '',
    id: m.id ?? '',
    name: m.name ?? '',
    organizationId: m.organizationId ?? '',
    outcome,
    code: m.code ?? '',
    reason: m.detail ?? '',
  }
}
