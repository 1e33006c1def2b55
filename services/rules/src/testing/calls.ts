import { type CommandId, newId, type OrganizationId, type UserId } from '@holdfast/domain'
import type { MethodTable } from '@holdfast/proto'
import {
  type Answer,
  type Call,
  type Caller,
  type Handlers,
  type Role,
  rolePermissions,
} from '@holdfast/service'

// Handlers as functions: called as the gRPC server calls them, by whoever a test says.

/** Somebody with a role in these organizations. */
export function person(role: Role, ...where: readonly string[]): Caller {
  const allowed = rolePermissions[role]
  const userId = newId<UserId>()
  const isMember = (organizationId: string) => where.includes('*') || where.includes(organizationId)
  return {
    kind: 'user',
    userId,
    service: 'gateway',
    actor: { kind: 'user', id: userId, method: 'password' },
    organizations: (permission) =>
      !allowed.has(permission) ? [] : where.includes('*') ? '*' : (where as OrganizationId[]), // as: a fixture
    can: (permission, organizationId) => allowed.has(permission) && isMember(organizationId),
    require(permission, organizationId, hidden) {
      if (allowed.has(permission) && isMember(organizationId)) return
      if (!isMember(organizationId) && hidden) throw hidden()
      throw new Error(isMember(organizationId) ? 'access.denied' : 'access.not_visible')
    },
  }
}

export interface CallOptions {
  readonly caller?: Caller
  readonly commandId?: CommandId
  readonly requestHash?: Uint8Array
  readonly expectedRevision?: bigint
  readonly reason?: string
  readonly at?: bigint
}

/** A call, and where its command went. */
export function newCall(options: CallOptions = {}): { call: Call; sequence: () => bigint } {
  const caller = options.caller ?? person('SUPER_ADMIN', '*')
  const commandId = options.commandId ?? newId<CommandId>()
  const { signal } = new AbortController()
  const { requestHash, expectedRevision, reason, at } = options
  const beside = {
    commandId,
    isKeyed: options.commandId !== undefined,
    correlationId: newId<string>(),
    signal,
    ...(requestHash === undefined ? {} : { requestHash }),
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
  }
  let committed = 0n
  const call: Call = {
    ...beside,
    ...(at === undefined ? {} : { at }),
    caller,
    committed(sequence) {
      committed = sequence
    },
    command: (organizationId) => ({
      ...beside,
      actor: caller.actor,
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(reason === undefined ? {} : { reason }),
    }),
  }
  return { call, sequence: () => committed }
}

export type Requests<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request?: Parameters<T[K]['request']['encode']>[0],
    options?: CallOptions,
  ) => Promise<Answer<T[K]> & { readonly sequence: bigint }>
}

/** Handlers as functions of a request and of who asks. Requests get the defaults of their message. */
export function requests<T extends MethodTable>(handlers: Handlers<T>, table: T): Requests<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [
      name,
      async (request: object = {}, options?: CallOptions) => {
        const decoded = method.request.decode(method.request.encode(request).finish())
        const { call, sequence } = newCall(options)
        // as: the table and the handlers are of one service
        const handle = (handlers as unknown as Handlers<MethodTable>)[name]
        return { ...((await handle?.(decoded, call)) as object), sequence: sequence() }
      },
    ]),
  ) as unknown as Requests<T>
}
