import { newId, type OrganizationId, type SessionId, type UserId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { NodeService } from '@holdfast/proto'
import { describe, expect, test } from 'vitest'
import { admit, ruleFault } from './access.ts'
import { AccessDenied, type Binding, serviceCaller, userCaller } from './caller.ts'
import { permissions, rolePermissions, roles } from './permissions.ts'

const here = newId<OrganizationId>()
const there = newId<OrganizationId>()

const person = (...bindings: Binding[]) => ({
  userId: newId<UserId>(),
  sessionId: newId<SessionId>(),
  method: 'password' as const,
  bindings,
})
const viewer = person({ role: 'VIEWER', organizationId: here })
const operator = person({ role: 'OPERATOR', organizationId: here })
const everyone: Record<string, ReturnType<typeof person>> = { viewer, operator }

const anonymous = { anonymous: true, services: [] }
const authenticated = { authenticated: true, services: [] }
const write = { permission: 'network.peers.write', services: [] }
const writeOrSupervisor = { permission: 'network.peers.write', services: ['supervisor'] }
const supervisorOnly = { services: ['supervisor'] }
const anyService = { services: ['*'] }
const nothing = { services: [] }

describe('who is admitted', () => {
  test.each([
    // rule, service, token of → caller or problem
    [anonymous, 'gateway', undefined, 'anonymous'],
    [anonymous, 'gateway', 'nobody', 'anonymous'],
    [anonymous, 'gateway', 'operator', 'anonymous'],
    [authenticated, 'gateway', undefined, 'access.not_signed_in'],
    [authenticated, 'gateway', 'nobody', 'access.token_invalid'],
    [authenticated, 'gateway', 'viewer', 'user'],
    [write, 'gateway', undefined, 'access.not_signed_in'],
    [write, 'gateway', 'nobody', 'access.token_invalid'],
    [write, 'gateway', 'viewer', 'access.denied'],
    [write, 'gateway', 'operator', 'user'],
    [write, 'supervisor', undefined, 'access.not_signed_in'],
    [writeOrSupervisor, 'supervisor', undefined, 'service'],
    [writeOrSupervisor, 'gateway', undefined, 'access.not_signed_in'],
    // A service never lends its power to the one it serves.
    [writeOrSupervisor, 'supervisor', 'viewer', 'access.denied'],
    [supervisorOnly, 'supervisor', undefined, 'service'],
    [supervisorOnly, 'gateway', undefined, 'access.service_denied'],
    [supervisorOnly, 'gateway', 'operator', 'access.service_denied'],
    [supervisorOnly, '', undefined, 'access.service_denied'],
    [anyService, 'gateway', undefined, 'service'],
    [nothing, 'supervisor', undefined, 'access.service_denied'],
    [nothing, 'supervisor', 'operator', 'access.service_denied'],
    [{ permission: 'network.unknown', services: [] }, 'gateway', 'operator', 'access.denied'],
  ])('%j by %s with the token of %s: %s', async (access, service, who, expected) => {
    const verify = (token: string) => {
      const found = everyone[token]
      if (!found) throw new DomainError('access.token_invalid', 'unauthenticated', 'no')
      return found
    }
    const outcome = await admit(access, { service, accessToken: who }, verify).then(
      (caller) => caller.kind,
      (error: DomainError) => error.code,
    )
    expect(outcome).toBe(expected)
  })
})

describe('a user', () => {
  const caller = userCaller(
    person({ role: 'OPERATOR', organizationId: here }, { role: 'VIEWER', organizationId: there }),
    'gateway',
  )

  test('has a permission where a role grants it', () => {
    expect(caller.organizations('network.peers.write')).toEqual([here])
    expect(caller.organizations('network.peers.read')).toEqual([here, there])
    expect(caller.organizations('auth.users.write')).toEqual([])
    expect(caller.can('network.peers.write', there)).toBe(false)
  })

  test('of the organization is told what is missing, anybody else that there is nothing', () => {
    expect(() => caller.require('network.peers.write', here)).not.toThrow()
    expect(() => caller.require('network.peers.write', there)).toThrow('network.peers.write')
    expect(() => caller.require('network.peers.write', newId())).toThrow('no such thing')
    const gone = new DomainError('network.peer_not_found', 'not_found', 'no peer x')
    expect(() => caller.require('network.peers.read', newId(), () => gone)).toThrow(gone)
    expect(() => caller.require('network.peers.read', '')).toThrow('no such thing')
  })

  test('who is super-admin is so everywhere', () => {
    const admin = userCaller(person({ role: 'SUPER_ADMIN', organizationId: '*' }), 'gateway')
    for (const code of permissions) {
      expect(admin.organizations(code)).toBe('*')
      expect(admin.can(code, newId())).toBe(true)
    }
  })

  test('and a service are named in the log as who they are', () => {
    expect(caller.actor).toMatchObject({ kind: 'user', id: caller.userId, method: 'password' })
    expect(serviceCaller('supervisor').actor).toMatchObject({ kind: 'service', id: 'supervisor' })
  })
})

describe('roles', () => {
  test('each is a part of the one before, but for what auditors see of people and of the log', () => {
    const [top, admin, operator, auditor, viewer] = roles.map((role) => rolePermissions[role])
    const isPart = (inner?: ReadonlySet<string>, outer?: ReadonlySet<string>): boolean =>
      [...(inner ?? [])].every((code) => outer?.has(code))
    expect([isPart(admin, top), isPart(operator, admin), isPart(viewer, operator)]).toEqual([
      true,
      true,
      true,
    ])
    expect(isPart(viewer, auditor)).toBe(true)
    expect([...(auditor ?? [])].filter((code) => !viewer?.has(code))).toEqual([
      'audit.log.read',
      'auth.subscribers.read',
      'auth.users.read',
      'notify.webhooks.read',
    ])
  })

  test('that only read neither change anything nor open secrets', () => {
    for (const role of ['AUDITOR', 'VIEWER'] as const) {
      for (const code of rolePermissions[role]) expect(code).toMatch(/\.(read|view)$/)
      expect(rolePermissions[role].has('network.secrets.read')).toBe(false)
    }
  })

  test('no two permissions have one name', () => {
    expect(new Set(permissions).size).toBe(permissions.length)
  })
})

test('a rule must be one rule, and one we know', () => {
  const { getNode } = NodeService
  const fault = (access: object) => ruleFault({ ...getNode, access } as never)
  expect(fault(write)).toBeUndefined()
  expect(fault(supervisorOnly)).toBeUndefined()
  expect(fault(nothing)).toMatch(/empty/)
  expect(fault({ anonymous: true, permission: 'network.peers.read', services: [] })).toMatch(/more/)
  expect(fault({ permission: 'network.peers.fly', services: [] })).toMatch(/unknown permission/)
  expect(ruleFault({ ...getNode, access: undefined } as never)).toMatch(/no access rule/)
})

test('refusals are the ones the documentation names', () => {
  expect(AccessDenied({ permission: 'x' }).kind).toBe('forbidden')
})
