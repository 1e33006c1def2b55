import { inspect } from 'node:util'
import { Secret } from '@holdfast/config'
import { describe, expect, test } from 'vitest'
import { createLogger } from './logger.ts'

function lines(): { log: ReturnType<typeof createLogger>; written: Record<string, unknown>[] } {
  const written: Record<string, unknown>[] = []
  const log = createLogger('auth', 'info', { write: (line) => written.push(JSON.parse(line)) })
  return { log, written }
}

test('a line is JSON with level, time, service and ids as fields', () => {
  const { log, written } = lines()
  log.info({ peerId: 'p', sequence: 42n, durationMs: 1.5 }, 'call')
  log.debug('not printed')
  expect(written).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      service: 'auth',
      peerId: 'p',
      sequence: 42,
      durationMs: 1.5,
      msg: 'call',
    },
  ])
})

describe('secrets do not get into lines', () => {
  test('by name, at the top, and further down', () => {
    const { log, written } = lines()
    const request = { name: 'n', privateKey: 'hunter2', peer: { presharedKey: 'hunter2' } }
    log.info({ password: 'hunter2', request }, 'x')
    log.child({ peerId: 'p' }).info({ request }, 'y')
    expect(JSON.stringify(written)).not.toContain('hunter2')
    expect(written[0]?.['request']).toEqual({
      name: 'n',
      privateKey: '[secret]',
      peer: { presharedKey: '[secret]' },
    })
    expect(request.privateKey).toBe('hunter2')
  })

  test('as Secret values', () => {
    const { log, written } = lines()
    log.info({ url: new Secret('hunter2') }, 'x')
    expect(written[0]?.['url']).toBe('[secret]')
  })

  test('with what drivers hang on their errors', () => {
    const { log, written } = lines()
    const cause = Object.assign(new Error('inner'), { parameters: ['hunter2'], code: '23505' })
    const error = Object.assign(new TypeError('outer', { cause }), { row: { seed: 'hunter2' } })
    log.error({ err: error }, 'failed')
    expect(inspect(written, { depth: 9 })).not.toContain('hunter2')
    expect(written[0]?.['err']).toMatchObject({
      type: 'TypeError',
      message: 'outer',
      cause: { type: 'Error', code: '23505', message: 'inner' },
    })
  })
})

test('whatever is thrown can be told, and a ring of causes ends', () => {
  const { log, written } = lines()
  log.error({ err: 'text' }, 'x')
  const ring = new Error('ring')
  ring.cause = ring
  log.error({ err: ring }, 'x')
  expect(written[0]?.['err']).toEqual({ type: 'string', message: 'text' })
  expect(written).toHaveLength(2)
})
