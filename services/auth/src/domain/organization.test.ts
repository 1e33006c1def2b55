import { spec } from '@holdfast/testkit'
import { test } from 'vitest'
import { OrganizationExists, OrganizationNotEmpty, OrganizationNotFound } from './errors.ts'
import { acme } from './fixtures.ts'
import { type OrganizationEvent, organization } from './organization.ts'

const { given } = spec(organization)
const created: OrganizationEvent = { type: 'OrganizationCreated', name: 'Acme', description: '' }
const deleted: OrganizationEvent = { type: 'OrganizationDeleted' }
const create = { type: 'CreateOrganization', id: acme, name: 'Acme', description: '' } as const

test('an organization is created once', () => {
  given().when(create).expects(created)
  given(created).when(create).rejects(OrganizationExists)
})

test('an update says what it is now, and says nothing when nothing changes', () => {
  given(created)
    .when({ type: 'UpdateOrganization', id: acme, description: 'Anvils' })
    .expects({ type: 'OrganizationUpdated', name: 'Acme', description: 'Anvils' })
  given(created).when({ type: 'UpdateOrganization', id: acme, name: 'Acme' }).expects()
})

test('an organization with sites or nodes stays', () => {
  given(created)
    .when({ type: 'DeleteOrganization', id: acme, sites: 2, nodes: 0 })
    .rejects(OrganizationNotEmpty, { sites: 2, nodes: 0 })
  given(created)
    .when({ type: 'DeleteOrganization', id: acme, sites: 0, nodes: 1 })
    .rejects(OrganizationNotEmpty, { sites: 0, nodes: 1 })
  given(created).when({ type: 'DeleteOrganization', id: acme, sites: 0, nodes: 0 }).expects(deleted)
})

test('deleting twice is one fact, and nothing else can be done to what is gone', () => {
  given(created, deleted)
    .when({ type: 'DeleteOrganization', id: acme, sites: 0, nodes: 0 })
    .expects()
  given(created, deleted)
    .when({ type: 'UpdateOrganization', id: acme, name: 'New' })
    .rejects(OrganizationNotFound)
  given(created, deleted).when(create).rejects(OrganizationExists)
})

test('what never was cannot be changed or deleted', () => {
  given().when({ type: 'UpdateOrganization', id: acme }).rejects(OrganizationNotFound)
  given()
    .when({ type: 'DeleteOrganization', id: acme, sites: 0, nodes: 0 })
    .rejects(OrganizationNotFound)
})

test('what a restore brought back can be changed and deleted like any other', () => {
  const brought = [created, deleted, created] as const
  given(...brought)
    .when({ type: 'UpdateOrganization', id: acme, name: 'New' })
    .expects({ ...created, type: 'OrganizationUpdated', name: 'New' })
  given(...brought)
    .when({ type: 'DeleteOrganization', id: acme, sites: 0, nodes: 0 })
    .expects(deleted)
  given(...brought)
    .when(create)
    .rejects(OrganizationExists)
})
