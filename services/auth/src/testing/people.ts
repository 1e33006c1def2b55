import { type CommandId, newId } from '@holdfast/domain'
import type { holdfast } from '@holdfast/proto'
import type { CallOptions } from '@holdfast/service'
import type { AuthProcess } from './auth-process.ts'

export const adminPassword = 'admin has a password'

export interface SignedIn {
  readonly accessToken: string
  readonly refreshToken: string
  /** To be passed with a call. */
  readonly me: CallOptions
}

/** Signs in through the gateway, as people do. */
export async function signIn(
  auth: AuthProcess,
  login: string,
  password: string,
  clientAddress = '192.0.2.1',
): Promise<SignedIn> {
  const gateway = await auth.as('gateway')
  const { tokens } = await gateway.auth.login({ login, password, clientAddress, userAgent: 'test' })
  const accessToken = present(present(tokens).accessToken)
  const refreshToken = present(present(tokens).refreshToken)
  return { accessToken, refreshToken, me: { accessToken } }
}

/** Seeds the instance and signs its super-admin in. */
export async function seeded(auth: AuthProcess): Promise<SignedIn & { organizationId: string }> {
  const supervisor = await auth.as('supervisor')
  const { organizationId } = await supervisor.auth.seedAdmin({
    username: 'admin',
    email: 'admin@example.org',
    password: adminPassword,
  })
  return { ...(await signIn(auth, 'admin', adminPassword)), organizationId }
}

export interface Person extends SignedIn {
  readonly id: string
  readonly username: string
  readonly password: string
}

let count = 0

/** Creates a user with these roles, as `creator`, and signs them in. */
export async function person(
  auth: AuthProcess,
  creator: CallOptions,
  bindings: readonly holdfast.auth.v1.RoleBinding.$Properties[],
): Promise<Person> {
  const username = `person-${++count}`
  const gateway = await auth.as('gateway')
  const email = `${username}@example.org`
  const { user, generatedPassword } = await gateway.users.createUser(
    { username, email, bindings: [...bindings] },
    creator,
  )
  const id = present(present(user).id)
  return {
    id,
    username,
    password: generatedPassword,
    ...(await signIn(auth, username, generatedPassword)),
  }
}

/** A command that may be sent again. */
export const keyed = (options: CallOptions = {}): CallOptions => ({
  ...options,
  commandId: newId<CommandId>(),
  isKeyed: true,
})

export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('the answer lacks a part')
  return value
}

/** Code of the problem a call ends with; undefined when it does not. */
export async function problemOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code)
    throw error
  }
}
