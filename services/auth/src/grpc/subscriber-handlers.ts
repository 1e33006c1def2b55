import type { OrganizationId } from '@holdfast/domain'
import { eventsStream, subscribedSubjects, subscriberConsumer } from '@holdfast/event-log'
import { type Postgres, parsePage } from '@holdfast/postgres'
import type { holdfast, SubscriberService } from '@holdfast/proto'
import { type Call, type Handlers, NotVisible } from '@holdfast/service'
import type { IssuedSubscriber, SubscriberCommands } from '../commands/subscribers.ts'
import { SubscriberNotFound } from '../domain/errors.ts'
import type { Subscriber } from '../domain/subscriber.ts'
import { createdAtOf, listSubscribers } from '../queries/subscribers.ts'
import { actions, name, optionalOrganizationId, parseFields, subscriberId } from './parse.ts'
import { maxPage, requireEverywhere, scopeOf } from './scope.ts'

/** Where a subscriber connects. */
export interface SubscriberDoor {
  readonly servers: readonly string[]
  /** PEM; empty when the servers need none. */
  readonly caCertificate: string
}

export interface SubscriberHandlerParts {
  readonly postgres: Postgres
  readonly commands: SubscriberCommands
  readonly door: SubscriberDoor
  readonly reached: (sequence: bigint, signal: AbortSignal) => Promise<void>
}

const permission = 'auth.subscribers.write'

export function subscriberHandlers(
  parts: SubscriberHandlerParts,
): Handlers<typeof SubscriberService> {
  const { postgres, commands, door, reached } = parts

  function view(
    id: string,
    row: {
      readonly organizationId: OrganizationId | undefined
      readonly name: string
      readonly actions: readonly string[]
    },
    createdAtUnixMs: number,
    revision: bigint,
  ): holdfast.auth.v1.Subscriber.$Properties {
    return {
      id,
      organizationId: row.organizationId ?? '',
      name: row.name,
      actions: [...row.actions],
      subjects: [...subscribedSubjects(row)],
      consumer: subscriberConsumer(id),
      createdAtUnixMs,
      revision: Number(revision),
    }
  }

  async function issued({ id, state, sequence, credentials }: IssuedSubscriber, call: Call) {
    call.committed(sequence)
    await reached(sequence, call.signal)
    const createdAt = (await createdAtOf(postgres, id))?.getTime() ?? 0
    return { subscriber: view(id, state, createdAt, sequence), credentials }
  }

  /** One the caller may change. */
  async function owned(call: Call, id: string, isLive: boolean): Promise<Subscriber> {
    const state = await commands.find(id, isLive, call.signal)
    const hidden = () => SubscriberNotFound({ subscriber: id })
    if (state.organizationId !== undefined) {
      call.caller.require(permission, state.organizationId, hidden)
    } else if (call.caller.organizations(permission) !== '*') throw hidden()
    return state
  }

  return {
    async createSubscriber(request, call) {
      const wish = parseFields({
        organization_id: optionalOrganizationId(request.organizationId),
        name: name(request.name),
        actions: actions(request.actions),
      })
      const organizationId = wish.organization_id
      if (organizationId === undefined) requireEverywhere(call.caller, permission)
      else call.caller.require(permission, organizationId, () => NotVisible({}))
      const made = await commands.create(
        { organizationId, name: wish.name, actions: wish.actions },
        call.command(organizationId),
      )
      return {
        ...(await issued(made, call)),
        servers: [...door.servers],
        caCertificate: door.caCertificate,
        stream: eventsStream,
      }
    },

    async listSubscribers(request, call) {
      const page = parsePage(request.limit, request.cursor, maxPage)
      const filter = parseFields({
        organization_id: optionalOrganizationId(request.organizationId),
      })
      const { rows, nextCursor } = await listSubscribers(
        postgres,
        scopeOf(call, 'auth.subscribers.read'),
        { ...page, organizationId: filter.organization_id },
      )
      const subscribers = rows.map((row) =>
        view(
          row.id,
          { ...row, organizationId: row.organization_id ?? undefined },
          row.created_at.getTime(),
          row.revision,
        ),
      )
      return { subscribers, nextCursor }
    },

    async rotateSubscriber(request, call) {
      const { id } = parseFields({ id: subscriberId(request.id) })
      const { organizationId } = await owned(call, id, true)
      return await issued(await commands.rotate(id, call.command(organizationId)), call)
    },

    async revokeSubscriber(request, call) {
      const { id } = parseFields({ id: subscriberId(request.id) })
      const { organizationId } = await owned(call, id, false)
      const sequence = await commands.revoke(id, call.command(organizationId))
      call.committed(sequence)
      await reached(sequence, call.signal)
      return {}
    },
  }
}
