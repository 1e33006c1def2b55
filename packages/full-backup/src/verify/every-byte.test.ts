import { expect, test } from 'vitest'
import { BundleInvalid } from '../errors.ts'
import { smallBackup } from '../testing/small-backup.ts'
import { verifyBundle } from './verify-bundle.ts'

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Why it is refused; undefined when it is not. */
async function refusal(bytes: Uint8Array): Promise<{ member: string; reason: string } | undefined> {
  try {
    await verifyBundle(once(bytes))
    return undefined
  } catch (error) {
    if (!BundleInvalid.is(error)) throw error
    const { member, reason } = error.details as { member: string; reason: string } // as defined
    return { member, reason }
  }
}

test('every byte of a backup counts: each one flipped is refused, with its cause', async () => {
  const { bytes } = await smallBackup()
  expect(await refusal(bytes)).toBeUndefined()
  const changed = Buffer.from(bytes)
  const passed: number[] = []
  const causes = new Set<string>()
  for (let at = 0; at < bytes.length; at += 1) {
    // Another bit for each; the case bit of letters among them.
    changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
    const found = await refusal(changed)
    if (!found || found.member === '') passed.push(at)
    else causes.add(found.member)
    changed[at] = bytes[at] ?? 0
  }
  expect(passed).toEqual([])
  // Each member is named when it is the one.
  expect(causes.size).toBeGreaterThanOrEqual(10)
}, 120_000)

test('every truncation is refused, with the member it is in', async () => {
  const { bytes } = await smallBackup()
  const passed: number[] = []
  for (let length = 0; length < bytes.length; length += 1) {
    const found = await refusal(bytes.subarray(0, length))
    if (!found || !/ends inside it/.test(found.reason)) passed.push(length)
  }
  expect(passed).toEqual([])
}, 120_000)
