import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { frameWriter } from './frame-writer.ts'
import { frameBytes } from './limits.ts'

/** A stream that takes `room` frames before it says stop. */
function sink(room: number) {
  const frames: number[][] = []
  const drains: (() => void)[] = []
  let left = room
  return {
    frames,
    write(frame: number[]): boolean {
      frames.push(frame)
      left -= 1
      return left > 0
    },
    once: (_: 'drain', listener: () => void) => drains.push(listener),
    drain(more: number) {
      left = more
      drains.shift()?.()
    },
  }
}

test('what one turn says is one frame, in order', async () => {
  const out = sink(9)
  const writer = frameWriter<number, number[]>(out, (items) => items)
  for (let n = 0; n < 5; n += 1) writer.push(n, 10)
  expect(out.frames).toEqual([])
  await turn()
  expect(out.frames).toEqual([[0, 1, 2, 3, 4]])
  writer.push(5, 10)
  await turn()
  expect(out.frames).toEqual([[0, 1, 2, 3, 4], [5]])
})

test('large items do not pile up into one frame', async () => {
  const out = sink(9)
  const writer = frameWriter<number, number[]>(out, (items) => items)
  for (let n = 0; n < 4; n += 1) writer.push(n, frameBytes * 0.6)
  await turn()
  expect(out.frames).toEqual([
    [0, 1],
    [2, 3],
  ])
})

test('while the other end does not keep up everything waits, and then goes at once', async () => {
  const out = sink(1)
  let unblocked = 0
  const writer = frameWriter<number, number[]>(
    out,
    (items) => items,
    () => {
      unblocked += 1
    },
  )
  writer.push(0, 1)
  await turn()
  expect(writer.isBlocked()).toBe(true)
  let isEmpty = false
  writer.push(1, 1)
  writer.push(2, 1)
  writer.whenEmpty(() => {
    isEmpty = true
  })
  await turn()
  expect(out.frames).toEqual([[0]])
  expect(isEmpty).toBe(false)

  out.drain(9)
  expect(out.frames).toEqual([[0], [1, 2]])
  expect([isEmpty, unblocked, writer.isBlocked()]).toEqual([true, 1, false])
})
