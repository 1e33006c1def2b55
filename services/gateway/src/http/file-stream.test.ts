import { once } from 'node:events'
import { expect, test } from 'vitest'
import { fileStream } from './file-stream.ts'

async function* pieces(count: number, onMade: (n: number) => void): AsyncGenerator<string> {
  for (let n = 0; n < count; n++) {
    onMade(n)
    yield 'x'.repeat(40_000)
  }
}

test('what is read arrives whole', async () => {
  let length = 0
  for await (const chunk of fileStream(
    pieces(20, () => undefined),
    1_000,
  )) {
    length += (chunk as Buffer).length
  }
  expect(length).toBe(800_000)
})

test('who reads nothing is cut off, and nothing more is made', async () => {
  let made = 0
  const stream = fileStream(
    pieces(1_000, (n) => {
      made = n
    }),
    20,
  )
  stream.read(1) // begins, and goes away
  const [error] = (await once(stream, 'error')) as [Error]
  expect(error.message).toBe('nobody reads the answer')
  expect(made).toBeLessThan(5)
})
