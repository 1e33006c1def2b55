import { expect, test } from 'vitest'
import type { Alarm } from './alarm.ts'
import { standingAlarms } from './standing-alarms.ts'

const full: Alarm = { code: 'backup.disk_low', severity: 'error', title: 'Full', key: 'log' }

function listen() {
  let time = 0
  const sent: string[] = []
  const alarms = standingAlarms(
    ({ key = '', isOver = false }) => sent.push(`${key} ${isOver ? 'over' : 'on'}`),
    () => time,
  )
  return {
    alarms,
    pass: (ms: number) => {
      time += ms
    },
    take: () => sent.splice(0),
  }
}

test('a state is told at once, repeated once a minute, and its end as well', () => {
  const { alarms, pass, take } = listen()
  alarms.say([full])
  alarms.say([full])
  expect(take()).toEqual(['log on'])
  pass(60_000)
  alarms.say([full])
  expect(take()).toEqual(['log on'])
  pass(1_000)
  alarms.say([])
  expect(take()).toEqual(['log over'])
  pass(60_000)
  alarms.say([])
  expect(take()).toEqual(['log over'])
  alarms.say([full])
  expect(take()).toEqual(['log on'])
})

test('what is over is forgotten after a while; what is said to be fine is repeated', () => {
  const { alarms, pass, take } = listen()
  alarms.say([full])
  for (let i = 0; i < 20; i++) {
    alarms.say([])
    pass(60_000)
  }
  expect(take()).toEqual(['log on', ...Array<string>(6).fill('log over')])
  const fine: Alarm = { ...full, isOver: true }
  for (let i = 0; i < 3; i++) {
    alarms.say([fine])
    pass(60_000)
  }
  expect(take()).toEqual(['log over', 'log over', 'log over'])
})
