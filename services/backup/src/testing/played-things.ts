import { type AnyCompensable, compensable, compensationHandlers } from '@holdfast/compensation'
import { assertNever, type CommandId, type Decider, newId } from '@holdfast/domain'
import { type Aggregate, type EventLog, eventCodec } from '@holdfast/event-log'
import { CompensationService } from '@holdfast/proto'
import type { RestoreService } from '../restores/changes.ts'
import type { CompensationClient } from '../restores/compensators.ts'
import { requests } from './calls.ts'

// Objects of a service that is nobody's, brought back by the real engine: what restores are tested with.

export type ThingEvent =
  | { readonly type: 'ThingSet'; readonly name: string; readonly value: number }
  | { readonly type: 'ThingRemoved' }
export type ThingCommand =
  | { readonly type: 'SetThing'; readonly name: string; readonly value: number }
  | { readonly type: 'RemoveThing' }

export interface Thing {
  name: string
  value: number
  exists: boolean
}

const thing: Decider<ThingCommand, ThingEvent, Thing> = {
  initial: () => ({ name: '', value: 0, exists: false }),
  decide(command, state) {
    switch (command.type) {
      case 'SetThing':
        return [{ type: 'ThingSet', name: command.name, value: command.value }]
      case 'RemoveThing':
        return state.exists ? [{ type: 'ThingRemoved' }] : []
      default:
        return assertNever(command)
    }
  },
  evolve(state, event) {
    if (event.type === 'ThingRemoved') state.exists = false
    else Object.assign(state, { exists: true, name: event.name, value: event.value })
    return state
  },
}

const codec = eventCodec<ThingEvent>({
  ThingSet: {
    encode: ({ name, value }) => Buffer.from(JSON.stringify({ name, value })),
    // as: encoded above
    decode: [
      (data) => {
        const read = JSON.parse(Buffer.from(data).toString()) as { name: string; value: number }
        return { type: 'ThingSet', ...read }
      },
    ],
  },
  ThingRemoved: { encode: () => new Uint8Array(), decode: [() => ({ type: 'ThingRemoved' })] },
})

/** By the service that is played: two kinds, so that their order can be seen. */
const kinds = { auth: 'site', network: 'interface' } as const
export type Player = keyof typeof kinds

export const thingsOf = (player: Player): Aggregate<ThingCommand, ThingEvent, Thing> => ({
  context: 'backup',
  type: `thing_${player}`,
  decider: thing,
  codec,
})

type Facts = { readonly name: string; readonly value: number }

/** `refuses`: names that are never brought back. */
const things = (player: Player, refuses: (facts: Facts | undefined) => void): AnyCompensable =>
  compensable<Thing, Facts, ThingEvent, undefined>({
    kind: kinds[player],
    aggregate: thingsOf(player) as unknown as Aggregate<never, ThingEvent, unknown>, // as: it decides nothing here
    after: [],
    initial: () => ({ name: '', value: 0, exists: false }),
    evolve: thing.evolve,
    facts: ({ exists, name, value }) => (exists ? { name, value } : undefined),
    about: ({ name }) => ({ name, organizationId: '' }),
    compensate({ now, target }) {
      refuses(target)
      if (!target) return now.exists ? [{ type: 'ThingRemoved' }] : []
      const isSame = now.exists && now.name === target.name && now.value === target.value
      return isSame ? [] : [{ type: 'ThingSet', ...target }]
    },
  })

/** The five services; those without things answer as services of an empty instance do. */
export function playedServices(
  log: EventLog,
  refuses: (facts: Facts | undefined) => void = () => undefined,
): Readonly<Record<RestoreService, CompensationClient>> {
  const of = (player: Player): CompensationClient => {
    const handlers = compensationHandlers({
      log,
      compensables: [things(player, refuses)],
      now: Date.now,
    })
    return requests(handlers, CompensationService) as unknown as CompensationClient // as: answers are messages here as well
  }
  const empty = emptyService()
  return { auth: of('auth'), network: of('network'), rules: empty, notify: empty, backup: empty }
}

function emptyService(): CompensationClient {
  const nothing = async () => ({
    kinds: [],
    changes: [],
    objects: [],
    nextCursor: '',
    digest: new Uint8Array(32),
    total: 0,
  })
  return {
    listCompensables: nothing,
    planCompensation: nothing,
    applyCompensation: nothing,
  } as unknown as CompensationClient // as: nobody undoes a commit of nobody
}

/** As somebody's command. */
export const asPerson = (reason = '') => ({
  commandId: newId<CommandId>(),
  isKeyed: false,
  actor: { kind: 'user', id: '01930000-0000-7000-8000-00000000aaaa' } as const,
  correlationId: newId<string>(),
  reason,
})
