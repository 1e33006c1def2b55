import { spec } from '@holdfast/testkit'
import { test } from 'vitest'
import { SiteExists, SiteNotFound } from './errors.ts'
import { acme, berlin } from './fixtures.ts'
import { type SiteEvent, site } from './site.ts'

const { given } = spec(site)
const created: SiteEvent = {
  type: 'SiteCreated',
  organizationId: acme,
  name: 'Berlin',
  description: '',
}
const deleted: SiteEvent = { type: 'SiteDeleted' }
const create = {
  type: 'CreateSite',
  id: berlin,
  organizationId: acme,
  name: 'Berlin',
  description: '',
} as const

test('a site is created once, in one organization', () => {
  given().when(create).expects(created)
  given(created).when(create).rejects(SiteExists)
  given(created, deleted).when(create).rejects(SiteExists)
})

test('an update says what it is now, and says nothing when nothing changes', () => {
  given(created)
    .when({ type: 'UpdateSite', id: berlin, name: 'Berlin 2' })
    .expects({ type: 'SiteUpdated', name: 'Berlin 2', description: '' })
  given(created).when({ type: 'UpdateSite', id: berlin }).expects()
  given().when({ type: 'UpdateSite', id: berlin }).rejects(SiteNotFound)
})

test('deleting twice is one fact', () => {
  given(created).when({ type: 'DeleteSite', id: berlin }).expects(deleted)
  given(created, deleted).when({ type: 'DeleteSite', id: berlin }).expects()
  given().when({ type: 'DeleteSite', id: berlin }).rejects(SiteNotFound)
})

test('what a restore brought back can be changed and deleted like any other', () => {
  given(created, deleted, created).when({ type: 'DeleteSite', id: berlin }).expects(deleted)
  given(created, deleted, created)
    .when({ type: 'UpdateSite', id: berlin, name: 'Berlin 2' })
    .expects({ type: 'SiteUpdated', name: 'Berlin 2', description: '' })
})
