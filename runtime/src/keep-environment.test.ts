import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepEnvironment } from './keep-environment.ts'

test('a shell reads back what the operator said, without the root key', () => {
  const root = mkdtempSync(join(tmpdir(), 'environment-'))
  const odd = 'a "b" $HOME `id` \\ c'
  keepEnvironment(
    { root },
    {
      HOLDFAST_MODE: 'home',
      HOLDFAST_ODD: odd,
      HOLDFAST_ROOT_KEY: 'k',
      PATH: '/bin',
      HOLDFAST_ADMIN_PASSWORD: 'p',
    },
  )
  const file = join(root, 'environment.env')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).not.toMatch(/ROOT_KEY|PASSWORD|PATH/)
  const script = `set -a; . ${file}; printf '%s|%s' "$HOLDFAST_MODE" "$HOLDFAST_ODD"`
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`home|${odd}`)
})
