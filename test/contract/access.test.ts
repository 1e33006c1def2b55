import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { type Method, services } from '@holdfast/proto'
import { permissions, type Role, rolePermissions, roles } from '@holdfast/service'
import { rpcAccess } from '@holdfast/service/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Every method of every service, over a real connection: whoever the rule does not name is refused, and no
// handler runs.

const methods: readonly (readonly [string, Method])[] = Object.values(services)
  .flatMap((table) => Object.values(table) as Method[])
  .map((method) => [method.path.slice(1), method] as const)
const unary = methods.filter(
  ([, { requestStream, responseStream }]) => !requestStream && !responseStream,
)

const organization = newId()
/** A role that has not got the permission; undefined when every role has it. */
const lacking = (permission: string): Role | undefined =>
  roles.find((role) => !([...rolePermissions[role]] as string[]).includes(permission))

let access: Awaited<ReturnType<typeof rpcAccess>>
beforeAll(async () => {
  access = await rpcAccess(unary.map(([, method]) => method))
})
afterAll(() => access.close())

async function code(work: Promise<unknown>): Promise<string> {
  const before = access.handled()
  try {
    await work
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    expect(access.handled(), 'a handler ran').toBe(before)
    return error.code
  }
  expect(access.handled()).toBe(before + 1)
  return 'admitted'
}

test('there are methods to check', () => {
  expect(unary.length).toBeGreaterThan(40)
})

describe.each(['mux', 'unary'] as const)('over %s', (transport) => {
  describe.each(unary)('%s', (_, method) => {
    const call = (as: { service?: string; accessToken?: string }) =>
      code(access.call(transport, method, as))
    const { permission, anonymous, authenticated, services: named } = method.access

    test('refuses a service that is not named', async () => {
      const outcome = await call({ service: 'stranger' })
      if (anonymous || named.includes('*')) expect(outcome).toBe('admitted')
      else {
        expect(outcome).toBe(
          permission || authenticated ? 'access.not_signed_in' : 'access.service_denied',
        )
      }
    })

    test('refuses somebody without any role', async () => {
      const outcome = await call({ service: 'stranger', accessToken: await access.token([]) })
      if (anonymous || authenticated || named.includes('*')) expect(outcome).toBe('admitted')
      else expect(outcome).toBe(permission ? 'access.denied' : 'access.service_denied')
    })

    test.runIf(permission !== undefined)(
      'refuses the wrong role and admits the right one',
      async () => {
        if (permission === undefined) return
        for (const role of roles) {
          const where = role === 'SUPER_ADMIN' ? '*' : organization
          const accessToken = await access.token([[role, where]])
          const isGranted = ([...rolePermissions[role]] as string[]).includes(permission)
          expect(await call({ accessToken }), role).toBe(isGranted ? 'admitted' : 'access.denied')
        }
      },
    )

    test.runIf(!anonymous && !named.includes('*'))('refuses a token that is not ours', async () => {
      const outcome = await call({ service: 'stranger', accessToken: 'x.y.z' })
      expect(['access.token_invalid', 'access.service_denied']).toContain(outcome)
    })
  })
})

describe('permissions', () => {
  const asked = [
    ...new Set(
      methods.flatMap(
        ([
          ,
          {
            access: { permission },
          },
        ]) => permission ?? [],
      ),
    ),
  ]

  test.each(asked)('%s is a known one, and some role has it', (permission) => {
    expect(permissions as readonly string[]).toContain(permission)
    expect(
      roles.some((role) => ([...rolePermissions[role]] as string[]).includes(permission)),
    ).toBe(true)
  })

  test.each(asked)(
    '%s is withheld from somebody or only opens what every member may read',
    (permission) => {
      if (lacking(permission) === undefined) expect(permission).toMatch(/\.(read|view)$/)
    },
  )
})
