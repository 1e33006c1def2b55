import type { OrganizationId } from '@holdfast/domain'
import { DomainError, invalid } from '@holdfast/errors'
import type { Postgres } from '@holdfast/postgres'
import type { AuthService } from '@holdfast/proto'
import { type Call, type Handlers, permissions } from '@holdfast/service'
import type { AccessLog } from '../access/access-log.ts'
import type { passwordChanger } from '../commands/change-password.ts'
import type { adminSeeder } from '../commands/seed-admin.ts'
import { SessionRequired } from '../domain/errors.ts'
import { passwordFault } from '../domain/password-policy.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { listOrganizations } from '../queries/organizations.ts'
import { findUser } from '../queries/users.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import type { SignIn, Tokens } from '../sessions/sign-in.ts'
import { email, login, name, optionalPassword, parseFields, password, username } from './parse.ts'
import { printUser } from './print.ts'
import { requireEverywhere } from './scope.ts'

export interface AuthHandlerParts {
  readonly postgres: Postgres
  readonly signIn: SignIn
  readonly sessions: SessionStore
  readonly signingKeys: SigningKeys
  readonly changePassword: ReturnType<typeof passwordChanger>
  readonly seedAdmin: ReturnType<typeof adminSeeder>
  readonly access: AccessLog
  readonly reached: (sequence: bigint, signal: AbortSignal) => Promise<void>
  /** Waits until the read models have all that is safe. */
  readonly caughtUp: (signal: AbortSignal) => Promise<void>
}

const defaultOrganization = 'default'

export function authHandlers(parts: AuthHandlerParts): Handlers<typeof AuthService> {
  const { postgres, signIn, sessions, signingKeys, changePassword, seedAdmin, access } = parts

  return {
    async login(request, call) {
      const fields = parseFields({
        login: login(request.login),
        password: password(request.password),
      })
      const { clientAddress, userAgent } = request
      const tokens = await signIn.login(
        { ...fields, clientAddress, userAgent: shortened(userAgent) },
        call.signal,
      )
      return { tokens: printTokens(tokens) }
    },

    async refresh({ refreshToken, clientAddress, userAgent }, call) {
      const from = { refreshToken, clientAddress, userAgent: shortened(userAgent) }
      return { tokens: printTokens(await signIn.refresh(from, call.signal)) }
    },

    async logout({ refreshToken }, call) {
      await signIn.logout({ ...sessionOf(call), refreshToken })
      return {}
    },

    async changePassword(request, call) {
      const fields = parseFields({
        current_password: password(request.currentPassword),
        new_password: password(request.newPassword),
      })
      const who = sessionOf(call)
      const entry = { action: 'change_password', ...who } as const
      try {
        const sequence = await changePassword(
          { ...who, current: fields.current_password, next: fields.new_password },
          call.command(),
        )
        call.committed(sequence)
        access.record({ ...entry, result: 'success' })
        return {}
      } catch (error) {
        if (error instanceof DomainError && error.code.startsWith('auth.')) {
          access.record({ ...entry, result: 'failure', code: error.code })
        }
        throw error
      }
    },

    async getMe(_request, call) {
      const { userId, sessionId } = sessionOf(call)
      // Somebody who has just been created may ask before the read models know them.
      await parts.caughtUp(call.signal)
      const user = await findUser(postgres, { organizations: '*' }, userId)
      return { user: printUser(user), sessionId, permissions: permissionsOf(call) }
    },

    async getKeySet() {
      return { jwks: await signingKeys.keySet() }
    },

    async listRevokedSessions() {
      return {
        sessions: (await sessions.revoked()).map(({ sessionId, revokedAtUnixMs }) => ({
          sessionId,
          revokedAtUnixMs,
        })),
      }
    },

    async rotateSigningKey(_request, call) {
      requireEverywhere(call.caller, 'auth.keys.rotate')
      const { keyId, sequence } = await signingKeys.rotate(call.command())
      call.committed(sequence)
      return { keyId }
    },

    async seedAdmin(request, call) {
      const fields = parseFields({
        email: email(request.email),
        username: username(request.username),
        password: optionalPassword(request.password),
        organization_name: name(
          request.organizationName === '' ? defaultOrganization : request.organizationName,
        ),
      })
      const fault = fields.password && passwordFault('password', fields.password, fields)
      if (fault) throw invalid(fault)
      const seeded = await seedAdmin(
        {
          username: fields.username,
          email: fields.email,
          password: fields.password,
          organizationName: fields.organization_name,
        },
        call,
      )
      if (seeded.sequence !== undefined) {
        call.committed(seeded.sequence)
        await parts.reached(seeded.sequence, call.signal)
      }
      const admin = await findUser(postgres, { organizations: '*' }, seeded.userId)
      return {
        created: seeded.isCreated,
        userId: seeded.userId,
        username: admin.username,
        organizationId: seeded.organizationId ?? (await firstOrganization(postgres)),
        generatedPassword: seeded.generatedPassword ?? '',
      }
    },
  }
}

/** The signed-in user behind a call. */
function sessionOf({ caller: { userId, sessionId } }: Call) {
  if (!userId || !sessionId) throw SessionRequired({})
  return { userId, sessionId }
}

function permissionsOf({ caller }: Call): Record<string, { codes: string[] }> {
  const found = new Map<OrganizationId | '*', string[]>()
  for (const permission of permissions) {
    const where = caller.organizations(permission)
    for (const place of where === '*' ? (['*'] as const) : where) {
      found.set(place, [...(found.get(place) ?? []), permission])
    }
  }
  return Object.fromEntries([...found].map(([place, codes]) => [place, { codes }]))
}

/** The organization of an instance that was seeded before; empty when it has none by now. */
async function firstOrganization(postgres: Postgres): Promise<string> {
  const first = { limit: 1, after: undefined, query: '' }
  const { rows } = await listOrganizations(postgres, { organizations: '*' }, first)
  return rows[0]?.id ?? ''
}

const shortened = (userAgent: string): string => userAgent.replace(/\p{Cc}/gu, ' ').slice(0, 256)

const printTokens = ({ accessToken, refreshToken, expiresInSeconds }: Tokens) => ({
  accessToken,
  refreshToken,
  expiresInSeconds,
})
