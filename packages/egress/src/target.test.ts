import { expect, test } from 'vitest'
import { egressPolicy } from './policy.ts'
import { parseTarget } from './target.ts'

const internet = egressPolicy()
const outcome = (url: string, policy = internet): string => {
  const parsed = parseTarget(url, policy)
  return parsed.ok ? 'taken' : parsed.code
}

test.each([
  // Literals of what is not the internet.
  ['https://127.0.0.1/', 'address_refused'],
  ['https://127.0.0.1.:443/', 'address_refused'],
  ['https://10.1.2.3/', 'address_refused'],
  ['https://172.16.0.1/', 'address_refused'],
  ['https://192.168.1.1:8443/hook', 'address_refused'],
  ['https://169.254.169.254/latest/meta-data/', 'address_refused'],
  ['https://100.64.0.1/', 'address_refused'],
  ['https://100.100.100.200/', 'address_refused'],
  ['https://168.63.129.16/', 'address_refused'],
  ['https://192.0.0.192/', 'address_refused'],
  ['https://0.0.0.0/', 'address_refused'],
  ['https://224.0.0.1/', 'address_refused'],
  ['https://240.0.0.1/', 'address_refused'],
  ['https://255.255.255.255/', 'address_refused'],
  ['https://198.18.0.1/', 'address_refused'],
  ['https://192.0.2.1/', 'address_refused'],
  // Other spellings of the same.
  ['https://2130706433/', 'address_refused'],
  ['https://017700000001/', 'address_refused'],
  ['https://0x7f000001/', 'address_refused'],
  ['https://0x7f.0.0.1/', 'address_refused'],
  ['https://0177.0.0.1/', 'address_refused'],
  ['https://127.1/', 'address_refused'],
  ['https://127.0.1/', 'address_refused'],
  ['https://0/', 'address_refused'],
  ['https://１２７.0.0.1/', 'address_refused'],
  ['https://①②⑦.0.0.1/', 'address_refused'],
  ['https://%31%32%37.0.0.1/', 'address_refused'],
  // Odd spellings of public addresses too: one address, one text.
  ['https://134744072/', 'address_refused'],
  ['https://8.8.2056/', 'address_refused'],
  // IPv6, and IPv4 inside of it.
  ['https://[::1]/', 'address_refused'],
  ['https://[::]/', 'address_refused'],
  ['https://[::ffff:127.0.0.1]/', 'address_refused'],
  ['https://[::ffff:8.8.8.8]/', 'address_refused'],
  ['https://[::127.0.0.1]/', 'address_refused'],
  ['https://[64:ff9b::7f00:1]/', 'address_refused'],
  ['https://[64:ff9b:1::a00:1]/', 'address_refused'],
  ['https://[2002:7f00:1::]/', 'address_refused'],
  ['https://[2001:0:7f00:1::]/', 'address_refused'],
  ['https://[fe80::1]/', 'address_refused'],
  ['https://[fec0::1]/', 'address_refused'],
  ['https://[fd00:ec2::254]/', 'address_refused'],
  ['https://[ff02::1]/', 'address_refused'],
  ['https://[2001:db8::1]/', 'address_refused'],
  ['https://[fe80::1%25eth0]/', 'url_invalid'],
  ['https://[fe80::1%eth0]/', 'url_invalid'],
  // What is no address of a receiver at all.
  ['http://hooks.example.org/', 'address_refused'],
  ['http://8.8.8.8/', 'address_refused'],
  ['https://user:secret@hooks.example.org/', 'url_invalid'],
  ['https://@hooks.example.org/', 'url_invalid'],
  ['https://127.0.0.1@hooks.example.org/', 'url_invalid'],
  ['https://hooks.example.org\\@127.0.0.1/', 'url_invalid'],
  ['https://hooks.example.org/#x', 'url_invalid'],
  ['https://hooks.example.org:0/', 'url_invalid'],
  ['https://hooks.example.org:99999/', 'url_invalid'],
  ['https:hooks.example.org', 'url_invalid'],
  ['//hooks.example.org/', 'url_invalid'],
  ['ftp://hooks.example.org/', 'url_invalid'],
  ['file:///etc/passwd', 'url_invalid'],
  ['gopher://127.0.0.1:6379/_', 'url_invalid'],
  ['https://', 'url_invalid'],
  ['https://hooks.example.org/\n', 'url_invalid'],
  [' https://hooks.example.org/', 'url_invalid'],
  ['', 'url_invalid'],
  [`https://hooks.example.org/${'a'.repeat(2_000)}`, 'url_invalid'],
  // What is.
  ['https://hooks.example.org/holdfast?key=1', 'taken'],
  ['https://8.8.8.8/', 'taken'],
  ['https://[2606:4700::1111]:8443/', 'taken'],
  ['HTTPS://Hooks.Example.Org/', 'taken'],
])('%s is %s', (url, expected) => {
  expect(outcome(url)).toBe(expected)
})

test('what the operator names is allowed, and plain HTTP there; nothing beside it', () => {
  const policy = egressPolicy(['10.20.0.0/16', 'fd00:1::/64', '127.0.0.1'])
  expect(outcome('https://10.20.3.4/', policy)).toBe('taken')
  expect(outcome('http://10.20.3.4/', policy)).toBe('taken')
  expect(outcome('http://[fd00:1::5]/', policy)).toBe('taken')
  expect(outcome('http://127.0.0.1:9000/', policy)).toBe('taken')
  expect(outcome('https://10.21.0.1/', policy)).toBe('address_refused')
  expect(outcome('http://8.8.8.8/', policy)).toBe('address_refused')
  expect(outcome('https://[::ffff:10.20.3.4]/', policy)).toBe('address_refused')
  expect(outcome('https://0x7f.1/', policy)).toBe('address_refused')
})

test('an allow-list that is none is refused at the start', () => {
  expect(() => egressPolicy(['10.0.0.0/40'])).toThrow('HOLDFAST_EGRESS_ALLOW')
  expect(() => egressPolicy(['localhost'])).toThrow('HOLDFAST_EGRESS_ALLOW')
})
