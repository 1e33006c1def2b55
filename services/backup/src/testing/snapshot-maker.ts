import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rfc3339 } from '@holdfast/domain'
import { endLine, type Manifest, manifestJson, recordLine, sectionLine } from '@holdfast/snapshot'
import { createTelemetry } from '@holdfast/telemetry'
import type { Maker } from '../jobs/maker.ts'
import { sealTask } from '../snapshots/seal-task.ts'

export const playedContributor = 'test.things'

/** Makes real snapshots of things of one organization; `major`: as an earlier or a later release would. */
export function playedSnapshots(
  lineageId: string,
  organization: string,
  names: (backupName: string) => readonly string[],
  major: (backupName: string) => number = () => 1,
): Maker {
  return {
    async make({ backupId, name, passphrase, createdAtUnixMs }, { directory, signal, reached }) {
      const things = names(name)
      const lines = [
        ...(things.length > 0 ? [sectionLine(playedContributor, organization)] : []),
        ...things.map((thing) => recordLine(JSON.stringify({ name: thing }))),
        endLine(things.length),
      ].join('')
      const manifest: Manifest = {
        lineageId,
        rootKeyFingerprint: '0123456789abcdef0123456789abcdef',
        sequence: 42n,
        contents: { devices: true, users: false, automation: true },
        organizations: [{ name: organization, description: '' }],
        contributors: [
          { name: playedContributor, major: major(name), minor: 0, domain: 'core', after: [] },
        ],
        sections:
          things.length === 0
            ? []
            : [
                {
                  contributor: playedContributor,
                  organization,
                  records: things.length,
                  sequence: 42n,
                },
              ],
      }
      const contentPath = join(directory, 'content')
      await writeFile(contentPath, lines, { mode: 0o600 })
      const path = join(directory, 'made')
      await sealTask(
        {
          ...{ contentPath, path },
          storedPath: join(directory, 'stored'),
          facts: {
            ...{ backupId, manifest },
            createdAt: rfc3339(createdAtUnixMs),
            version: '0.1.0',
            isCompressed: true,
            contentBytes: Buffer.byteLength(lines),
          },
          protection: passphrase ? { kind: 'passphrase', passphrase } : { kind: 'none' },
        },
        {
          signal,
          progress: () => undefined as never, // as: it has none
          ask: (async () => {}) as never, // as: steps are told below
          log: createTelemetry('backup', { level: 'silent' }).log,
        },
      )
      for (const step of [30, 50, 60] as const) await reached(step)
      return {
        path,
        sequence: 42n,
        manifest: JSON.stringify(manifestJson(manifest)),
        recipients: [],
      }
    },
  }
}
