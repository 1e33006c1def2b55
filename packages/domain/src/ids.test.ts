import { expect, test } from 'vitest'
import {
  type CommandId,
  idFrom,
  isUuid,
  newId,
  uuidFromBytes,
  uuidToBytes,
  uuidV5,
} from './index.ts'

test('version 5 agrees with the published vector', () => {
  // RFC 9562, appendix A.4
  const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
  expect(uuidV5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

test('bytes and text are the same id', () => {
  const id = newId<string>()
  expect(uuidFromBytes(uuidToBytes(id))).toBe(id)
})

test('a repeated command mints the same id, another purpose another', () => {
  const command = newId<CommandId>()
  const first = idFrom<string>(command, 'peer')
  expect(idFrom<string>(command, 'peer')).toBe(first)
  expect(idFrom<string>(command, 'interface')).not.toBe(first)
  expect(isUuid(first)).toBe(true)
  expect(first.slice(0, 13)).toBe(command.slice(0, 13))
})
