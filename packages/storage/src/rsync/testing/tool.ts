import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testTool } from '@holdfast/testkit'

/** rsync on the PATH of this process, and where any account can run it. A string says why there is none. */
export async function rsyncOnPath(): Promise<{ bin: string; remove(): void } | string> {
  const tool = await testTool('rsync')
  if (typeof tool === 'string') return tool
  const bin = mkdtempSync(join(tmpdir(), 'holdfast-rsync-bin-'))
  chmodSync(bin, 0o755)
  if (tool.root !== '') {
    cpSync(tool.root, join(bin, 'root'), { recursive: true, verbatimSymlinks: true })
    const libraries = `${bin}/root/usr/lib/x86_64-linux-gnu:${bin}/root/usr/lib/aarch64-linux-gnu`
    writeFileSync(
      join(bin, 'rsync'),
      `#!/bin/sh\nLD_LIBRARY_PATH=${libraries} exec ${bin}/root/usr/bin/rsync "$@"\n`,
    )
    chmodSync(join(bin, 'rsync'), 0o755)
  }
  const before = process.env['PATH']
  process.env['PATH'] = `${bin}:${before ?? ''}`
  return {
    bin,
    remove() {
      process.env['PATH'] = before
      rmSync(bin, { recursive: true, force: true })
    },
  }
}
