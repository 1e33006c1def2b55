import { describe, expect, test } from 'vitest'
import { newestSources, parseDeb822, parseSourcesList } from './apt-sources.ts'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

test('the one-line format', () => {
  expect(
    parseSourcesList(`
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # a remark
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://mirror.example/ubuntu noble universe
deb-src http://mirror.example/debian bookworm main
`),
  ).toEqual([
    {
      uri: 'http://mirror.example/debian',
      suite: 'bookworm',
      components: ['main', 'contrib'],
      signedBy: undefined,
    },
    {
      uri: 'https://mirror.example/ubuntu',
      suite: 'noble',
      components: ['universe'],
      signedBy: '/usr/share/keyrings/x.gpg',
    },
  ])
})

test('deb822', () => {
  const sources = parseDeb822(`Types: deb deb-src
# a remark
URIs: http://a.example/debian
 http://b.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By: ${keyring}

Types: deb
URIs: http://c.example/debian
Suites: sid
Components: main
Enabled: no

Types: deb-src
URIs: http://d.example/debian
Suites: sid
Components: main
`)
  expect(sources.map(({ uri, suite }) => `${uri} ${suite}`)).toEqual([
    'http://a.example/debian trixie',
    'http://a.example/debian trixie-updates',
    'http://b.example/debian trixie',
    'http://b.example/debian trixie-updates',
  ])
  expect(sources[0]).toMatchObject({ components: ['main'], signedBy: keyring })
})

describe('where a newer package may be', () => {
  const debian = parseSourcesList(
    'deb http://mirror.example/debian bookworm main\ndeb http://mirror.example/debian-security bookworm-security main',
  )
  const ubuntu = parseSourcesList('deb http://mirror.example/ubuntu noble main universe')
  const offered = async (
    sources: ReturnType<typeof parseSourcesList>,
    codename: string,
    hasKeyring: boolean,
  ) =>
    (
      await newestSources({
        sources,
        codename,
        keyringExists: (path) => hasKeyring && path === keyring,
      })
    ).map(({ uri, suite, signedBy }) => [uri, suite, signedBy])

  test('on Debian: the rolling suites of its own mirror, then its own', async () => {
    expect(await offered(debian, 'bookworm', true)).toEqual([
      ['http://mirror.example/debian', 'sid', keyring],
      ['http://mirror.example/debian', 'testing', keyring],
      ['http://mirror.example/debian', 'trixie', keyring],
      ['http://mirror.example/debian', 'bookworm', undefined],
    ])
  })

  test('never another suite without a key to check it', async () => {
    expect(await offered(debian, 'bookworm', false)).toEqual([
      ['http://mirror.example/debian', 'bookworm', undefined],
    ])
  })

  test('on Ubuntu: its own suite, and Debian only if it is configured', async () => {
    expect(await offered(ubuntu, 'noble', true)).toEqual([
      ['http://mirror.example/ubuntu', 'noble', undefined],
    ])
    const both = await offered([...ubuntu, ...debian], 'noble', true)
    expect(both[0]).toEqual(['http://mirror.example/debian', 'sid', keyring])
    expect(both.at(-1)).toEqual(['http://mirror.example/ubuntu', 'noble', undefined])
  })
})
