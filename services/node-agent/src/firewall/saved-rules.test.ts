import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ruleCommit, ruleFacts, ruleId } from '../testing/rule-samples.ts'
import { pin, until } from '../testing/samples.ts'
import { rulesInForce } from './rule-set-state.ts'
import { openSavedRules, type SavedRules } from './saved-rules.ts'

const { log } = createTelemetry('node-agent', { level: 'silent' })
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
  path = join(folder, 'rules.journal')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function opened<T>(use: (saved: SavedRules) => T | Promise<T>): Promise<T> {
  const saved = await openSavedRules(path, pin, log)
  try {
    return await use(saved)
  } finally {
    await saved.close()
  }
}

const names = ({ state }: SavedRules): string[] =>
  rulesInForce(state)
    .rules.map(({ settings }) => settings.name)
    .sort()

const pendingOf = ({ state }: SavedRules) => {
  if (!state.pending) throw new Error('nothing waits')
  return state.pending
}

test('rules are folded, and are there after a restart', async () => {
  await opened(async (saved) => {
    await saved.take([
      ruleCommit(3, ruleFacts.opened(), ruleFacts.created(1), ruleFacts.created(2)),
      ruleCommit(7, ruleFacts.updated(1, { name: 'other', source: '10.0.0.0/8' })),
      ruleCommit(8, ruleFacts.deleted(2), ruleFacts.created(3), ruleFacts.lockout(true)),
    ])
    expect(names(saved)).toEqual(['other', 'rule 3'])
  })
  await opened(({ state, position }) => {
    expect(state.sequence).toBe(8n)
    expect(state.isLockoutAllowed).toBe(true)
    expect(state.rules.get(ruleId(1))).toMatchObject({
      order: 1,
      settings: { name: 'other', source: '10.0.0.0/8', action: 'deny', direction: 'ingress' },
    })
    expect(position().hash).toEqual(ruleCommit(8).hash)
  })
})

test.each([
  ['type', { ...ruleFacts.created(2), type: 'RuleBlessed' }],
  ['schema', { ...ruleFacts.created(2), schema: 2 }],
  ['action', { ...ruleFacts.created(2), data: Buffer.from('0a0131' + '12020809', 'hex') }],
  ['network', ruleFacts.created(2, { source: '10.0.0.1/8' })],
])('an unknown %s stops it, and nothing of that commit is taken', async (_what, unknown) => {
  await opened(async (saved) => {
    expect(() =>
      saved.take([
        ruleCommit(1, ruleFacts.created(1)),
        ruleCommit(2, ruleFacts.created(3), unknown),
      ]),
    ).toThrow(/older than the control plane/)
    expect(saved.state.sequence).toBe(1n)
    expect(names(saved)).toEqual(['rule 1'])
  })
})

test('a change that is not confirmed is taken back whole, also after a restart', async () => {
  await opened(async (saved) => {
    await saved.take([
      ruleCommit(1, ruleFacts.created(1), ruleFacts.created(2)),
      ruleCommit(
        2,
        ruleFacts.applied('a', 60_000),
        ruleFacts.updated(1, { name: 'changed' }),
        ruleFacts.deleted(2),
        ruleFacts.created(3),
      ),
    ])
    expect(names(saved)).toEqual(['changed', 'rule 3'])
    await saved.tookEffect(pendingOf(saved), 123_456)
  })
  await opened(async (saved) => {
    expect(pendingOf(saved)).toMatchObject({
      applyId: 'a',
      untilUnixMs: 123_456,
      isReverted: false,
    })
    await saved.reverted(pendingOf(saved))
    expect(names(saved)).toEqual(['rule 1', 'rule 2'])
  })
  await opened(async (saved) => {
    expect(names(saved)).toEqual(['rule 1', 'rule 2'])
    expect(saved.state.revertedApplyId).toBe('a')
    // The log comes to the same end.
    await saved.take([
      ruleCommit(
        3,
        ruleFacts.reverted('a'),
        ruleFacts.updated(1),
        ruleFacts.created(2),
        ruleFacts.deleted(3),
      ),
    ])
    expect(saved.state.pending).toBeUndefined()
    expect(names(saved)).toEqual(['rule 1', 'rule 2'])
  })
})

test('a confirmation in the log wins over what the host did by itself', async () => {
  await opened(async (saved) => {
    await saved.take([ruleCommit(2, ruleFacts.applied('a', 1_000), ruleFacts.created(3))])
    await saved.reverted(pendingOf(saved))
    expect(names(saved)).toEqual([])
    await saved.take([ruleCommit(3, ruleFacts.confirmed('a'))])
    expect(names(saved)).toEqual(['rule 3'])
  })
})

test('a change without a window waits for nobody', async () => {
  await opened(async (saved) => {
    await saved.take([ruleCommit(2, ruleFacts.applied('a', 0), ruleFacts.created(3))])
    expect(saved.state.pending).toBeUndefined()
  })
})

test('the snapshot holds a change that waits', async () => {
  await opened(async (saved) => {
    await saved.take([
      ruleCommit(1, ...Array.from({ length: 4_000 }, (_, number) => ruleFacts.created(number))),
      ruleCommit(2, ruleFacts.applied('a', 1_000), ruleFacts.deleted(5), ruleFacts.created(5_000)),
    ])
    await saved.tookEffect(pendingOf(saved), 5)
    const churn = Array.from({ length: 3_000 }, (_, number) =>
      ruleCommit(number + 3, ruleFacts.updated(7, { name: `turn ${number}` })),
    )
    await saved.take(churn)
    await saved.take([ruleCommit(9_000, ruleFacts.updated(8, { name: 'last' }))])
    const before = statSync(path).size
    await until(() => statSync(path).size < before, 'the snapshot')
  })
  await opened((saved) => {
    expect(saved.state.sequence).toBe(9_000n)
    expect(saved.state.rules.size).toBe(4_000)
    const { untilUnixMs, before } = pendingOf(saved)
    expect(untilUnixMs).toBe(5)
    expect(before.get(ruleId(5))?.settings.name).toBe('rule 5')
    expect([...before.keys()]).toEqual([ruleId(5), ruleId(5_000)])
  })
})

test('100,000 rules are saved and read in a moment', async () => {
  const many = Array.from({ length: 100_000 }, (_, number) =>
    ruleFacts.created(number, { source: `10.${(number >> 8) & 255}.${number & 255}.0/24` }),
  )
  const times: string[] = []
  const time = async (what: string, run: () => Promise<void>): Promise<void> => {
    const at = performance.now()
    await run()
    times.push(`${what} ${Math.round(performance.now() - at)} ms`)
  }
  await opened(async (saved) => {
    await time('taken and on disk in', () => saved.take([ruleCommit(1, ...many)]))
    await time('one more in', () => saved.take([ruleCommit(2, ruleFacts.deleted(1))]))
  })
  await time('read in', () =>
    opened(({ state }) => {
      expect(state.rules.size).toBe(99_999)
    }),
  )
  console.log(`100,000 rules: ${times.join(', ')}; ${Math.round(statSync(path).size / 1e5)} B each`)
})
