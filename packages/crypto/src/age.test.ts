import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ageArmor,
  ageDearmor,
  ageOpen,
  ageSeal,
  decryptWith,
  encryptTo,
  generateAgePair,
  parseIdentities,
  parseRecipient,
  recipientOf,
  recoveryIdentity,
  rootKeyNamedIn,
} from './age.ts'
import { decodeBech32, encodeBech32 } from './bech32.ts'
import { AgeDamaged, AgeIdentityInvalid, AgeNotForUs, AgePassphraseWrong } from './errors.ts'
import { RootKey } from './root-key.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const bytes = (of: string): Uint8Array => new Uint8Array(Buffer.from(of))
const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >>> 8)) & 255)

test('the recovery pair of a root key is always the same, and the one any HKDF gives', async () => {
  const { identity, recipient } = recoveryIdentity(new RootKey(new Uint8Array(32).fill(7)))
  expect({ identity, recipient }).toEqual({
    identity: 'AGE-SECRET-KEY-1RV9XNALGHZKR860570QP5KZC7FGC46PEHK46E79MECZG6EYJRQ6SKVARK3',
    recipient: 'age1pdmwgazqu0sx68nkzaaxvjwfmwzff00k9fwxenu8sm34uhadcyeqavu89j',
  })
  expect(await identityToRecipient(identity)).toBe(recipient)
  expect(recipientOf(identity)).toBe(recipient)
})

test('bech32 gives what BIP 173 says, and comes back', () => {
  for (const valid of [
    'A12UEL5L',
    'split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w',
  ]) {
    const decoded = decodeBech32(valid)
    expect(decoded && encodeBech32(decoded.prefix, decoded.bytes)).toBe(valid.toLowerCase())
  }
  for (const wrong of [
    'A1G7SGD8',
    '10a06t8',
    '1qzzfhee',
    'a12UEL5L',
    'x1b4n0q5v',
    'li1dgmt3',
    '',
    '1',
  ]) {
    expect(decodeBech32(wrong)).toBeUndefined()
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (data) => {
      expect(decodeBech32(encodeBech32('age', data))?.bytes).toEqual(data)
    }),
  )
})

test('a mistyped recipient is never taken for another', () => {
  const { recipient } = generateAgePair()
  for (let at = 0; at < recipient.length; at++) {
    const other = recipient[at] === 'q' ? 'p' : 'q'
    expect(() =>
      parseRecipient(`${recipient.slice(0, at)}${other}${recipient.slice(at + 1)}`),
    ).toThrow(/no age recipient/)
  }
  expect(parseRecipient(` ${recipient}\n`)).toBe(recipient)
})

test('what is no recipient is refused, with the reason and without repeating a secret', () => {
  const { identity } = generateAgePair()
  const cases = {
    [identity]: /secret key: keep it/,
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK': /SSH keys/,
    age1pq1abcdef: /plain kind/,
    age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t: /plugins/,
    '': /begin with age1/,
    age1: /wrong or missing/,
    [encodeBech32('age', new Uint8Array(31).fill(9))]: /too short/,
    [encodeBech32('age', new Uint8Array(32))]: /no public key/,
  }
  for (const [given, reason] of Object.entries(cases))
    expect(() => parseRecipient(given)).toThrow(reason)
  let said = ''
  try {
    parseRecipient(identity)
  } catch (error) {
    said = JSON.stringify(error) + String(error)
  }
  expect(said).not.toContain(identity.slice(16))
})

test('identities are read from the file age-keygen writes', () => {
  const { identity, recipient } = generateAgePair()
  const file = `# created: 2026-01-01T00:00:00Z\n# public key: ${recipient}\n${identity}\n`
  expect(parseIdentities(file)).toEqual([identity])
  for (const wrong of ['', '# nothing\n', recipient, identity.slice(0, -1)]) {
    expect(() => parseIdentities(wrong)).toThrow(
      expect.objectContaining({ code: AgeIdentityInvalid.code }),
    )
  }
})

// Around the borders of the chunks, and none at all.
const sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]

test('what is sealed to several opens with each of them, here and with the library', async () => {
  const [one, two] = [generateAgePair(), generateAgePair()]
  for (const size of sizes) {
    const plain = pattern(size)
    const sealed = await ageSeal([one.recipient, two.recipient, one.recipient], plain)
    expect(await ageOpen([two.identity], sealed)).toEqual(plain)
    const decrypter = new Decrypter()
    decrypter.addIdentity(one.identity)
    expect(await decrypter.decrypt(sealed)).toEqual(plain)
  }
})

test('what the library seals opens here', async () => {
  const identity = await generateIdentity()
  for (const size of sizes) {
    const encrypter = new Encrypter()
    encrypter.addRecipient(await identityToRecipient(identity))
    const sealed = await encrypter.encrypt(pattern(size))
    expect(await ageOpen([generateAgePair().identity, identity], sealed)).toEqual(pattern(size))
  }
})

test('a passphrase opens both ways, and only the right one', async () => {
  const sealed = await ageSeal({ passphrase: 'correct horse battery staple' }, bytes('hello'))
  const decrypter = new Decrypter()
  decrypter.addPassphrase('correct horse battery staple')
  expect(await decrypter.decrypt(sealed, 'text')).toBe('hello')
  const wrong = ageOpen({ passphrase: 'incorrect horse' }, sealed)
  await expect(wrong).rejects.toThrow(expect.objectContaining({ code: AgePassphraseWrong.code }))

  const encrypter = new Encrypter()
  encrypter.setPassphrase('pässword')
  encrypter.setScryptWorkFactor(10)
  expect(text(await ageOpen({ passphrase: 'pässword' }, await encrypter.encrypt('world')))).toBe(
    'world',
  )
  // For a passphrase there is no way in by a key, and the other way round.
  const byKey = ageOpen([generateAgePair().identity], sealed)
  await expect(byKey).rejects.toThrow(expect.objectContaining({ code: AgeNotForUs.code }))
  const toKey = await ageSeal([generateAgePair().recipient], bytes('x'))
  const byPassphrase = ageOpen({ passphrase: 'x' }, toKey)
  await expect(byPassphrase).rejects.toThrow(expect.objectContaining({ code: AgeNotForUs.code }))
})

test('a file that asks for more work than any of ours is refused before the work', async () => {
  const sealed = await ageSeal({ passphrase: 'abc' }, bytes('hello'))
  const lying = Buffer.from(
    Buffer.from(sealed).toString('latin1').replace(' 18\n', ' 30\n'),
    'latin1',
  )
  await expect(ageOpen({ passphrase: 'abc' }, lying)).rejects.toThrow(/more work/)
})

test('every byte flipped and every truncation is found, and nothing more', async () => {
  const { identity, recipient } = generateAgePair()
  const sealed = await ageSeal([recipient], bytes('what is in it'))
  const causes = [AgeDamaged.code, AgeNotForUs.code]
  for (let at = 0; at < sealed.length; at++) {
    const altered = new Uint8Array(sealed)
    altered[at] = (altered[at] ?? 0) ^ 1
    const failure = await ageOpen([identity], altered).catch((error: unknown) => error)
    expect(causes, `byte ${at}`).toContain((failure as { code?: string }).code)
  }
  for (let length = 0; length < sealed.length; length++) {
    const failure = await ageOpen([identity], sealed.subarray(0, length)).catch((e: unknown) => e)
    expect((failure as { code?: string }).code, `length ${length}`).toBe(AgeDamaged.code)
  }
  const longer = Buffer.concat([sealed, Uint8Array.of(0)])
  await expect(ageOpen([identity], longer)).rejects.toThrow(/altered/)
})

test('chunks swapped, dropped or cut off at a border are found', async () => {
  const { identity, recipient } = generateAgePair()
  const sealed = await ageSeal([recipient], pattern(3 * 65_536))
  const start = sealed.length - 3 * 65_552
  const chunk = (n: number) => sealed.subarray(start + n * 65_552, start + (n + 1) * 65_552)
  const head = sealed.subarray(0, start)
  for (const order of [
    [1, 0, 2],
    [0, 2],
    [0, 1],
    [0, 1, 2, 2],
    [0, 0, 1, 2],
  ]) {
    const mixed = Buffer.concat([head, ...order.map(chunk)])
    await expect(ageOpen([identity], mixed)).rejects.toThrow(/altered/)
  }
})

test('a header without an end is given up, not held', async () => {
  let given = 0
  function* endless() {
    yield bytes('age-encryption.org/v1\n')
    for (;;) {
      given += 1024
      yield new Uint8Array(1024).fill(65)
    }
  }
  const opening = decryptWith([generateAgePair().identity], endless())
  await expect(opening.next()).rejects.toThrow(/no end/)
  expect(given).toBeLessThan(100 * 1024)
})

test('a large file passes through without being held, and its source is closed when the reader stops', async () => {
  const { identity, recipient } = generateAgePair()
  let made = 0
  let isClosed = false
  function* source() {
    try {
      for (let n = 0; n < 256; n++) {
        made += 1_000_000
        yield new Uint8Array(1_000_000)
      }
    } finally {
      isClosed = true
    }
  }
  let seen = 0
  for await (const part of decryptWith([identity], encryptTo([recipient], source()))) {
    seen += part.length
    // Never more than a piece ahead of the reader.
    expect(made - seen).toBeLessThanOrEqual(1_200_000)
  }
  expect(seen).toBe(256_000_000)
  isClosed = false
  for await (const _ of encryptTo([recipient], source())) break
  const cut = decryptWith([identity], encryptTo([recipient], source()))
  await cut.next()
  await cut.return()
  expect(isClosed).toBe(true)
})

test('armor goes there and back', async () => {
  const { identity, recipient } = generateAgePair()
  const armored = ageArmor(await ageSeal([recipient], bytes('hello')))
  expect(armored).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/)
  expect(text(await ageOpen([identity], ageDearmor(armored)))).toBe('hello')
  expect(() => ageDearmor('hello')).toThrow(/no armored/)
})

test('without anybody to encrypt to, nothing is written', async () => {
  await expect(ageSeal([], bytes('x'))).rejects.toThrow(/none to encrypt to/)
})

test('a header may name the root key, and whoever does not know that reads on', async () => {
  const { identity, recipient } = generateAgePair()
  const rootKeyFingerprint = 'ab'.repeat(16)
  const whole = async (parts: AsyncIterable<Uint8Array>): Promise<Buffer> => {
    const all: Uint8Array[] = []
    for await (const part of parts) all.push(part)
    return Buffer.concat(all)
  }
  const file = await whole(encryptTo([recipient], [bytes('inside')], { rootKeyFingerprint }))
  expect(rootKeyNamedIn(file)).toBe(rootKeyFingerprint)
  expect(text(await ageOpen([identity], file))).toBe('inside')
  const other = new Decrypter()
  other.addIdentity(identity)
  expect(await other.decrypt(new Uint8Array(file), 'text')).toBe('inside')

  expect(rootKeyNamedIn(await ageSeal([recipient], bytes('inside')))).toBeUndefined()
  expect(rootKeyNamedIn(bytes(`no age file\n-> holdfast-root-key ${rootKeyFingerprint}\n`))).toBe(
    undefined,
  )
  // With a passphrase nothing may stand beside it.
  const locked = encryptTo({ passphrase: 'p' }, [bytes('x')], { rootKeyFingerprint })
  expect(rootKeyNamedIn(await whole(locked))).toBeUndefined()
  // It is under the header's own authentication.
  file[file.indexOf('ababab')] = 0x63
  await expect(ageOpen([identity], file)).rejects.toSatisfy(AgeDamaged.is)
})
