import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { testTool } from '@holdfast/testkit'
import { startServer } from '../sftp/testing/own-etc.ts'
import { freePort } from '../sftp/testing/sshd.ts'
import { type ContractTarget, storageContract } from '../testing/contract.ts'

/** rclone, against a WebDAV server that asks for a password: rclone as well. */
storageContract(
  'rclone',
  async (): Promise<ContractTarget | string> => {
    const tool = await testTool('rclone')
    if (typeof tool === 'string') return tool
    const before = process.env['PATH']
    process.env['PATH'] = `${dirname(tool.path)}:${before ?? ''}`
    const root = mkdtempSync(join(tmpdir(), 'holdfast-rclone-'))
    const files = join(root, 'files')
    const keysDir = join(root, 'keys')
    await mkdir(files)
    await mkdir(keysDir)
    const obscured = (password: string): string =>
      execFileSync(tool.path, ['obscure', '-'], { input: password }).toString().trim()
    const passwords = { right: obscured('pass word #1'), wrong: obscured('not it') }
    const port = await freePort()
    const server = await startServer(
      [
        ...[tool.path, 'serve', 'webdav', files, '--addr', `127.0.0.1:${port}`],
        ...['--user', 'keeper', '--pass', 'pass word #1', '--config', '/dev/null'],
        // Without it the server cannot list a folder while something is put there.
        ...['--vfs-cache-mode', 'writes', '--vfs-write-back', '0s'],
        ...['--cache-dir', join(root, 'cache')],
      ],
      { port },
    )
    if (typeof server === 'string') return server
    const config = (host: string) => {
      const name = `${host.replace(/[^a-z0-9.]/gi, '_')}.conf`
      const lines = Object.entries(passwords).flatMap(([remote, pass]) => [
        ...[`[${remote}]`, 'type = webdav', 'vendor = other', `url = http://${host}:${port}`],
        ...['user = keeper', `pass = ${pass}`, ''],
      ])
      writeFileSync(join(keysDir, name), lines.join('\n'), { mode: 0o600 })
      return { remote: 'right', path: 'place/in/it', config_path: name }
    }
    return {
      ports: [port],
      config,
      credentials: {},
      surroundings: { keysDir },
      // By way of the server, which remembers what is in a folder.
      async leave() {
        const headers = { authorization: `Basic ${btoa('keeper:pass word #1')}` }
        const at = (name: string): string => `http://127.0.0.1:${port}/${name}`
        // One that still had the rest of a cut upload when we removed it has put it back.
        for (const name of readdirSync(files, { recursive: true, encoding: 'utf8' })) {
          if (name.endsWith('.part')) await fetch(at(name), { method: 'DELETE', headers })
        }
        const part = at('place/in/it/left/.holdfast-0123456789abcdef.part')
        const answer = await fetch(part, { method: 'PUT', headers, body: 'a part' })
        if (!answer.ok) throw new Error(`the server said ${answer.status}`)
      },
      async stop() {
        await server.stop()
        process.env['PATH'] = before
        await rm(root, { recursive: true, force: true })
      },
    }
  },
  { startsProcesses: true },
)
