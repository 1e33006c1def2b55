import type { UserId } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { parsePage } from '@holdfast/postgres'
import type { UserService } from '@holdfast/proto'
import type { Call, Caller, Handlers } from '@holdfast/service'
import { organizations, users } from '../commands/aggregates.ts'
import type { ChangeUsers } from '../commands/change-users.ts'
import type { CreateUser } from '../commands/create-user.ts'
import type { EraseUsers } from '../commands/erase-user.ts'
import { OrganizationNotFound, UserNotFound, UserOutOfReach } from '../domain/errors.ts'
import type { RoleBinding } from '../domain/role.ts'
import { findUser, listUsers, nameUsers } from '../queries/users.ts'
import {
  all,
  binding,
  bindings,
  displayName,
  email,
  idOrName,
  optionalOrganizationId,
  optionalPassword,
  parseFields,
  query,
  userId,
  username,
} from './parse.ts'
import { printUser } from './print.ts'
import { maxPage, requireAtLeast, requireEverywhere, scopeOf } from './scope.ts'

export interface UserHandlerParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly createUser: CreateUser
  readonly changeUsers: ChangeUsers
  readonly eraseUsers: EraseUsers
  readonly reached: (sequence: bigint, signal: AbortSignal) => Promise<void>
}

export function userHandlers(parts: UserHandlerParts): Handlers<typeof UserService> {
  const { log, postgres, createUser, changeUsers, eraseUsers, reached } = parts

  async function view(id: UserId, sequence: bigint, call: Call) {
    call.committed(sequence)
    await reached(sequence, call.signal)
    const scope = scopeOf(call, 'auth.users.read')
    // A caller who took the last role they could see the user by still gets the user, without it.
    const row = await findUser(postgres, { organizations: '*' }, id)
    const isShown = ({ 1: where }: (typeof row.bindings)[number]) =>
      scope.organizations === '*' || scope.organizations.some((id) => id === where)
    return { user: printUser({ ...row, bindings: row.bindings.filter(isShown) }) }
  }

  /** Where a user holds roles now, by the log. Throws unless the caller may know of the user. */
  async function bindingsOf(
    caller: Caller,
    id: UserId,
    signal: AbortSignal,
  ): Promise<readonly RoleBinding[]> {
    const { state } = await log.fold(users, id, signal)
    const held = [...state.bindings.values()]
    const isVisible =
      caller.organizations('auth.users.read') === '*' ||
      held.some(
        ({ organizationId }) => organizationId && caller.can('auth.users.read', organizationId),
      )
    if (!state.exists || !isVisible) throw UserNotFound({ user: id })
    return held
  }

  async function requireOrganization({ organizationId }: RoleBinding, signal: AbortSignal) {
    if (organizationId === undefined) return
    const { state } = await log.fold(organizations, organizationId, signal)
    if (!state.exists) throw OrganizationNotFound({ organization: organizationId })
  }

  return {
    async createUser(request, call) {
      const fields = parseFields({
        username: username(request.username),
        email: email(request.email),
        display_name: displayName(request.displayName),
        password: optionalPassword(request.password),
        ...bindings(request.bindings),
      })
      const wanted = Object.values(parseFields(bindings(request.bindings)))
      requireUserWrite(call.caller, wanted)
      for (const one of wanted) await requireOrganization(one, call.signal)
      const created = await createUser(
        {
          username: fields.username,
          email: fields.email,
          displayName: fields.display_name,
          password: fields.password,
          bindings: wanted,
        },
        call.command(),
      )
      const { user } = await view(created.userId, created.sequence, call)
      return { user, generatedPassword: created.generatedPassword ?? '' }
    },

    async getUser(request, call) {
      const { user } = parseFields({ user: idOrName(request.user) })
      const scope = scopeOf(call, 'auth.users.read')
      return { user: printUser(await findUser(postgres, scope, user)) }
    },

    async nameUsers(request, call) {
      const ids = [...new Set(request.userIds)]
      if (ids.length > maxNamed) throw tooManyIds()
      const { user_ids: wanted } = parseFields({ user_ids: all(ids.map((id) => userId(id))) })
      const { caller } = call
      const found = await nameUsers(postgres, scopeOf(call, 'auth.users.read'), wanted)
      const own = caller.userId
      if (own !== undefined && wanted.includes(own) && found.every(({ id }) => id !== own)) {
        const { username } = await findUser(postgres, { organizations: '*' }, own)
        return { names: [...printNames(found), { userId: own, username }] }
      }
      return { names: printNames(found) }
    },

    async eraseUser(request, call) {
      requireEverywhere(call.caller, 'auth.users.erase')
      const { user_id: id, confirm_username: confirmed } = parseFields({
        user_id: userId(request.userId),
        confirm_username: idOrName(request.confirmUsername),
      })
      const sequence = await eraseUsers.erase(id, confirmed, call.command())
      call.committed(sequence)
      await reached(sequence, call.signal)
      return {}
    },

    async listUsers(request, call) {
      const page = parsePage(request.limit, request.cursor, maxPage)
      const filter = parseFields({
        organization_id: optionalOrganizationId(request.organizationId),
        query: query(request.query),
      })
      const { rows, nextCursor } = await listUsers(postgres, scopeOf(call, 'auth.users.read'), {
        ...page,
        organizationId: filter.organization_id,
        query: filter.query,
      })
      return { users: rows.map(printUser), nextCursor }
    },

    async grantRole(request, call) {
      const { user_id: id, binding: wanted } = parseFields({
        user_id: userId(request.userId),
        binding: binding(request.binding),
      })
      requireRoleWrite(call.caller, wanted)
      await bindingsOf(call.caller, id, call.signal)
      await requireOrganization(wanted, call.signal)
      const context = call.command(wanted.organizationId)
      return view(id, await changeUsers.grantRole(id, wanted, context), call)
    },

    async revokeRole(request, call) {
      const { user_id: id, binding: wanted } = parseFields({
        user_id: userId(request.userId),
        binding: binding(request.binding),
      })
      requireRoleWrite(call.caller, wanted)
      await bindingsOf(call.caller, id, call.signal)
      const context = call.command(wanted.organizationId)
      return view(id, await changeUsers.revokeRole(id, wanted, context), call)
    },

    async setUserDisabled(request, call) {
      const { user_id: id } = parseFields({ user_id: userId(request.userId) })
      const held = await bindingsOf(call.caller, id, call.signal)
      // The switch turns the user off everywhere, so it takes the right everywhere they belong.
      if (call.caller.organizations('auth.users.write') !== '*') {
        for (const { organizationId } of held) {
          if (!organizationId || !call.caller.can('auth.users.write', organizationId)) {
            throw UserOutOfReach({})
          }
        }
      }
      const sequence = await changeUsers.setDisabled(id, request.isDisabled, call.command())
      return view(id, sequence, call)
    },
  }
}

/** How many people are named at once. */
const maxNamed = 500
const tooManyIds = () =>
  invalid({ field: 'user_ids', code: 'too_many', detail: `must be at most ${maxNamed}` })

const printNames = (rows: readonly { readonly id: string; readonly username: string }[]) =>
  rows.map(({ id, username }) => ({ userId: id, username }))

function requireRoleWrite(caller: Caller, wanted: RoleBinding): void {
  if (wanted.organizationId !== undefined) caller.require('auth.roles.write', wanted.organizationId)
  requireAtLeast(caller, wanted)
}

/** A user of no organization is the instance's; any other takes the right in each of their organizations. */
function requireUserWrite(caller: Caller, wanted: readonly RoleBinding[]): void {
  if (wanted.length === 0) requireEverywhere(caller, 'auth.users.write')
  for (const one of wanted) {
    if (one.organizationId !== undefined) caller.require('auth.users.write', one.organizationId)
    requireRoleWrite(caller, one)
  }
}
