import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseWgQuick } from './parse.ts'
import { renderWgQuick } from './render.ts'

const hasWgQuick = process.getuid?.() === 0 && spawnSync('wg-quick', ['--help']).status === 0

test.runIf(hasWgQuick)('wg-quick understands what we render', () => {
  const text = `[Interface]
PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
Address = 10.0.0.2/32, fd00::2/128
DNS = 10.0.0.1, corp.example
MTU = 1420

[Peer]
# hub
PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
AllowedIPs = 10.0.0.0/24, fd00::/64
Endpoint = [2001:db8::1]:51820
PersistentKeepalive = 25
`
  const rendered = renderWgQuick(parseWgQuick(text).file)
  expect(rendered).toBe(text)
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-net-'))
  try {
    const path = join(dir, 'wg0.conf')
    writeFileSync(path, rendered, { mode: 0o600 })
    const stripped = parseWgQuick(execFileSync('wg-quick', ['strip', path], { encoding: 'utf8' }))
    expect(stripped.problems).toEqual([])
    const { file } = parseWgQuick(rendered)
    // strip takes away what only wg-quick knows, and nothing else
    expect(stripped.file.peers.map(({ line: _, comments: __, ...peer }) => peer)).toEqual(
      file.peers.map(({ line: _, comments: __, ...peer }) => peer),
    )
    expect(stripped.file.interface).toMatchObject({
      privateKey: file.interface.privateKey,
      addresses: [],
      dns: [],
      others: [],
    })
  } finally {
    rmSync(dir, { recursive: true })
  }
})
