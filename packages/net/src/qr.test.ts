import { expect, test } from 'vitest'
import { QrTooLong, qrPng, qrSvg, qrTerminal } from './qr.ts'

const config = (allowedIps: number) => `[Interface]
PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
Address = 10.0.0.2/32, fd00::2/128
[Peer]
PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
AllowedIPs = ${Array.from({ length: allowedIps }, (_, i) => `10.${i % 256}.0.0/16`).join(', ')}
`

test('a dual-stack configuration becomes a code in each form', async () => {
  expect(
    Buffer.from(await qrPng(config(2)))
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG')
  expect(await qrSvg(config(2))).toMatch(/^<svg /)
  expect((await qrTerminal(config(2))).split('\n').length).toBeLessThan(45)
})

test('a long one falls back to less error correction, a longer one is refused with its size', async () => {
  expect(Buffer.byteLength(config(170))).toBeGreaterThan(2331)
  expect(await qrSvg(config(170))).toMatch(/^<svg /)
  await expect(qrPng(config(230))).rejects.toSatisfy(QrTooLong.is)
  await expect(qrTerminal(config(230))).rejects.toThrow(/at most 2953/)
})
