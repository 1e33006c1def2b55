import { type CommandId, newId, type OrganizationId, type UserId } from '@holdfast/domain'
import type { MethodTable, RequestOf } from '@holdfast/proto'
import {
  AccessDenied,
  type Answer,
  type Call,
  type Caller,
  type Handlers,
  NotVisible,
  type Role,
  rolePermissions,
} from '@holdfast/service'

/** Somebody with a role in these organizations; `*`: everywhere. */
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
      if (isMember(organizationId)) throw AccessDenied({ permission })
      throw hidden ? hidden() : NotVisible({})
    },
  }
}

export interface CallOptions {
  readonly caller?: Caller
  readonly at?: bigint
  readonly expectedRevision?: bigint
  readonly commandId?: CommandId
}

export type Requests<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request?: Parameters<T[K]['request']['encode']>[0],
    options?: CallOptions,
  ) => Promise<Answer<T[K]>>
}

export function callOf(options: CallOptions): Call {
  const { caller = person('SUPER_ADMIN', '*'), at, expectedRevision } = options
  const beside = {
    commandId: options.commandId ?? newId<CommandId>(),
    isKeyed: false,
    correlationId: newId<string>(),
    signal: new AbortController().signal,
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
  }
  return {
    ...beside,
    caller,
    ...(caller.kind === 'user' ? { accessToken: 'of a test' } : {}),
    ...(at === undefined ? {} : { at }),
    committed: () => undefined,
    command: (organizationId) => ({
      ...beside,
      actor: caller.actor,
      ...(organizationId === undefined ? {} : { organizationId }),
    }),
  }
}

/** Handlers as functions: called as the gRPC server calls them, by a super-admin unless told otherwise. */
export function requests<T extends MethodTable>(handlers: Handlers<T>, table: T): Requests<T> {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]) => [
      name,
      async (request: object = {}, options: CallOptions = {}) => {
        const decoded: RequestOf<typeof method> = method.request.decode(
          method.request.encode(request).finish(),
        )
        // as: the table and the handlers are of one service
        const handle = (handlers as unknown as Handlers<MethodTable>)[name]
        return await handle?.(decoded, callOf(options))
      },
    ]),
  ) as unknown as Requests<T>
}
