import { expect, test } from 'vitest'
import { isAtLeast, parseLine, toJson, toText } from './log-line.ts'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)

test("a line of pino's keeps its level, time and fields", () => {
  const line = parseLine('auth', '{"level":40,"time":7,"service":"auth","msg":"slow","ms":9}', now)
  expect(line).toEqual({ name: 'auth', level: 'warn', time: 7, msg: 'slow', fields: { ms: 9 } })
})

test('anything else is text with the level its words tell', () => {
  expect(parseLine('nats', '[7] 2026/01/02 03:04:05.678901 [ERR] no space', now)).toMatchObject({
    level: 'error',
    msg: 'no space',
  })
  expect(parseLine('postgres', 'FATAL:  the database system is starting up', now).level).toBe(
    'error',
  )
  expect(parseLine('auth', '{ not json', now)).toMatchObject({ level: 'info', msg: '{ not json' })
})

test('the file gets one JSON object a line', () => {
  const json = toJson(parseLine('nats', 'two\twords', now))
  expect(JSON.parse(json)).toEqual({
    time: '2026-01-02T03:04:05.000Z',
    level: 'info',
    name: 'nats',
    msg: 'two\twords',
  })
  expect(json.trimEnd()).not.toContain('\n')
})

test('a person sees the message of an error, not its stack', () => {
  const text = toText(
    parseLine('auth', '{"level":50,"msg":"failed","err":{"message":"why","stack":"s"}}', now),
    false,
  )
  expect(text).toMatch(/auth {7}error failed err=why$/)
})

test('levels have an order', () => {
  expect(isAtLeast('error', 'warn')).toBe(true)
  expect(isAtLeast('info', 'warn')).toBe(false)
})
