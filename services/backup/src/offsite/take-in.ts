import type { ObjectName } from '@holdfast/full-backup'
import { OffsiteAhead, OffsiteOtherWriter } from '../domain/offsite-errors.ts'
import type { Listed } from './look-over.ts'
import { carry, destinationOf, type Place } from './place.ts'
import type { NewRow } from './store.ts'

/**
 * Compares what stands there with what is on record: what is gone or cut is known as damaged afterwards, what a crash or a
 * lost database left out is taken in, uploads without an end are removed. Refuses a place where another installation is at
 * work, or that is ahead of this log, before anything there is changed.
 */
export async function takeIn(place: Place): Promise<void> {
  const { tools, inventory, location, signal } = place
  const { keys, generation, writerId } = tools
  const mine = keys.writer(generation, writerId)
  const seen = new Map<string, Listed>()
  const unknown: { readonly name: ObjectName; readonly listed: Listed }[] = []
  const sha256 = new Map<string, string>()
  const archived = tools.archived()

  async function listed(page: readonly Listed[]): Promise<readonly string[]> {
    const wanted: string[] = []
    for (const each of page) {
      const name = keys.parse(each.key)
      if (!name) continue
      refuseForeign(name, mine, generation, archived)
      seen.set(each.key, each)
      if (inventory.get(each.key)) continue
      unknown.push({ name, listed: each })
      if (each.hasChecksum) wanted.push(each.key)
    }
    return wanted
  }
  const input = { ...(await destinationOf(place)), prefixes: [keys.root] }
  await tools.work.run('offsite.take-stock', input, {
    signal,
    answers: {
      listed,
      checksums: async (page) => {
        for (const each of page) if (each.sha256 !== '') sha256.set(each.key, each.sha256)
      },
    },
  })

  for (const row of [...inventory.rows()]) {
    const there = seen.get(row.key)
    const damage = !there
      ? 'it is not there any more'
      : there.bytes !== row.bytes
        ? `it has ${there.bytes} bytes instead of ${row.bytes}`
        : there.hasChecksum
          ? ''
          : 'the checksum beside it is not there any more'
    if (damage === '' || row.damage !== '') continue
    await inventory.judge(row, damage, 0)
    place.onDamage(row, damage)
  }

  const rowOf = (name: ObjectName, there: Listed): NewRow | undefined => {
    const known = sha256.get(name.key)
    if (known === undefined) return undefined
    return {
      ...name,
      sha256: known,
      bytes: there.bytes,
      lastHash: '',
      contentSha256: '',
      recipients: undefined,
      putAtUnixMs: there.atUnixMs,
      namedFrom: undefined,
      namedTo: undefined,
    }
  }
  const manifests = unknown.filter(({ name }) => name.kind === 'manifest')
  const others = unknown.filter(({ name }) => name.kind !== 'manifest')
  const cut = unknown.filter(({ name }) => !sha256.has(name.key))
  // A manifest that is not on record names what was on record then, and maybe what is not: that is kept as long as it is.
  const found = manifests.flatMap(({ name, listed: there }) => rowOf(name, there) ?? [])
  for (const row of found.sort((a, b) => (a.first < b.first ? -1 : 1)))
    await inventory.putManifest({ ...row, namedFrom: undefined })
  const newest = Number(found.at(-1)?.first ?? 0n)
  const orphans: string[] = []
  for (const { name, listed: there } of others) {
    const row = rowOf(name, there)
    if (!row) continue
    const isLasting =
      (name.kind === 'segment' && name.generation === generation) ||
      ['access', 'access_gone', 'writer'].includes(name.kind)
    // It counts as pushed, so the next manifest has to name it; the plan lets it go when a segment covers it.
    const isTail = name.kind === 'tail' && name.generation === generation
    if (newest > 0)
      await inventory.put([
        { ...row, namedFrom: 0, namedTo: isLasting || isTail ? undefined : newest },
      ])
    else if (isLasting) await inventory.put([row])
    // Of an earlier generation nobody knows what needs it.
    else if (name.generation === 0 || name.generation === generation) orphans.push(name.key)
  }
  if (!location.isImmutable)
    await carry(
      place,
      [...cut.map(({ name }) => name.key), ...orphans].map((key) => ({ do: 'delete', key })),
    )

  const writer = inventory.get(mine.key)
  if (writer?.damage !== '') {
    const text = {
      lineage: tools.lineageId,
      generation,
      writer: writerId,
      since: new Date(tools.now()),
    }
    await carry(place, [{ do: 'stream', name: mine, stream: 'writer', isCompressed: false }], {
      streams: {
        async *writer() {
          yield Buffer.from(`${JSON.stringify(text)}\n`)
        },
      },
    })
  }
}

function refuseForeign(
  name: ObjectName,
  mine: ObjectName,
  generation: number,
  archived: bigint,
): void {
  const isOfLog = name.kind === 'segment' || name.kind === 'tail' || name.kind === 'writer'
  if (!isOfLog || name.generation < generation) return
  if (name.generation > generation) throw OffsiteAhead({ key: name.key })
  if (name.kind === 'writer' && name.key !== mine.key) throw OffsiteOtherWriter({ key: name.key })
  if (name.kind !== 'writer' && name.last > archived) throw OffsiteAhead({ key: name.key })
}
