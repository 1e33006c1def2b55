import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ingestFrom, ingestPermission, ingestSubject } from './ingest.ts'
import { describeLog, driftBetween, identityOf, logStreamConfig } from './stream-config.ts'

const ingest = ingestFrom('ab'.repeat(32))
const identity = { lineageId: randomUUID(), generation: 3 }
const config = logStreamConfig({
  stream: 'EVT_3',
  identity,
  ingest,
  maxBytes: 1000,
  replicas: 1,
  allowsBatches: true,
})

test('a stream says which log it is', () => {
  expect(identityOf(config)).toEqual(identity)
  for (const description of [undefined, '', 'a log', `${describeLog(identity)} and more`]) {
    const { description: _, ...rest } = config
    expect(() =>
      identityOf({ ...rest, ...(description === undefined ? {} : { description }) }),
    ).toThrow('it does not say which log it is')
  }
})

describe('drift', () => {
  test('is nothing the server merely spells out', () => {
    const answer = { ...config, mirror_direct: false, placement: null, metadata: { x: '1' } }
    expect(driftBetween(config, answer)).toEqual([])
  })

  test('is every limit, permission or destination that differs', () => {
    const changes = {
      max_msgs: 1,
      discard: 'old',
      deny_delete: false,
      max_age: 5,
      compression: 's2',
      allow_msg_ttl: true,
      republish: { src: '>', dest: 'stolen.>' },
      sources: [{ name: 'OTHER' }],
    }
    for (const [setting, found] of Object.entries(changes))
      expect(driftBetween(config, { ...config, [setting]: found })).toMatchObject([{ setting }])
  })

  test('in subjects is reported without them', () => {
    const drift = driftBetween(config, { ...config, subjects: ['evt.>'] })
    expect(drift).toEqual([{ setting: 'subjects', expected: '[secret]', found: '[secret]' }])
  })
})

test('each context has a way in of its own', () => {
  const tokens = ['auth', 'network', 'guard'].map((context) => ingest.token(context))
  expect(new Set(tokens).size).toBe(3)
  const subject = ingestSubject(ingest.token('network'), 'evt.network.interface.a.b')
  expect(subject).toBe(`in.${ingest.token('network')}.network.interface.a.b`)
  expect(ingestPermission(ingest, 'network')).toBe(`in.${ingest.token('network')}.network.>`)
  expect(config.subjects).toContain(ingestPermission(ingest, 'network'))
  expect(ingestFrom('cd'.repeat(32)).token('network')).not.toBe(ingest.token('network'))
  expect(() => ingestFrom('short')).toThrow(RangeError)
})
