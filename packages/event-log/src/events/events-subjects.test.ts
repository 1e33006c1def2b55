import { expect, test } from 'vitest'
import { subscribedSubjects } from './events-subjects.ts'

const organizationId = '01900000-0000-7000-8000-000000000001'

test('a subscriber reads its organization, or what is named of it', () => {
  expect(subscribedSubjects({ organizationId, actions: [] })).toEqual([
    `events.${organizationId}.>`,
  ])
  expect(subscribedSubjects({ organizationId: undefined, actions: [] })).toEqual(['events.*.>'])
  expect(
    subscribedSubjects({ organizationId, actions: ['network.peer', 'rules.rule.created'] }),
  ).toEqual([
    `events.${organizationId}.network.peer.>`,
    `events.${organizationId}.rules.rule.created`,
  ])
})

test('what another code takes in is not named again: the server makes no consumer of subjects that overlap', () => {
  expect(
    subscribedSubjects({
      organizationId,
      actions: ['network.peer', 'network.peer.created', 'rules.rule', 'network', 'rules.rule_set'],
    }),
  ).toEqual([
    `events.${organizationId}.rules.rule.>`,
    `events.${organizationId}.network.>`,
    `events.${organizationId}.rules.rule_set.>`,
  ])
})
