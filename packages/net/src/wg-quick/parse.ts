import { parseCidrLoosely, parseHostCidrLoosely } from '../cidr.ts'
import { parseDnsEntry } from '../dns.ts'
import { parseEndpoint } from '../endpoint.ts'
import { accept, type Parsed, type Parser, quoted, refuse } from '../parsed.ts'
import { parseWgKey, type WgKey } from '../wg-key.ts'
import type {
  WgQuickDirective,
  WgQuickFile,
  WgQuickInterface,
  WgQuickPeer,
  WgQuickProblem,
} from './file.ts'

export interface WgQuickReading {
  /** What could be understood. Only to be used when there are no problems. */
  readonly file: WgQuickFile
  /** In order of lines; reading stops after 100. */
  readonly problems: readonly WgQuickProblem[]
}

const maxProblems = 100

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }
type InterfaceSection = { kind: 'interface'; line: number } & Writable<WgQuickInterface>
type PeerSection = { kind: 'peer'; line: number; publicKey?: WgKey } & Writable<
  Omit<WgQuickPeer, 'line' | 'publicKey'>
>
type Section = InterfaceSection | PeerSection

const newInterface = (line: number): InterfaceSection => ({
  kind: 'interface',
  line,
  comments: [],
  addresses: [],
  dns: [],
  others: [],
})
const newPeer = (line: number): PeerSection => ({
  kind: 'peer',
  line,
  comments: [],
  allowedIps: [],
  others: [],
})

/**
 * Reads a wg-quick(8) file as wg-quick and wg do: keys and headers in any case, `#` starts a comment
 * anywhere, lists by comma, host bits of AllowedIPs cut off, a zero preshared key is none. Unlike them it
 * names every line it does not understand instead of stopping at the first.
 */
export function parseWgQuick(text: string): WgQuickReading {
  const reader = new Reader()
  let number = 0
  for (const line of text.replace(/^\ufeff/, '').split('\n')) {
    number++
    reader.line(line.endsWith('\r') ? line.slice(0, -1) : line, number)
    if (reader.problems.length >= maxProblems) break
  }
  return reader.end()
}

/** Holds the section being read; lives for one file. */
class Reader {
  readonly problems: WgQuickProblem[] = []
  private readonly peers: WgQuickPeer[] = []
  private interface: InterfaceSection | undefined
  private section: Section | undefined
  /** Comments that belong to the current section if a directive follows, to the next if a header does. */
  private pending: string[] = []
  private isAtTop = true
  private readonly seen = new Set<string>()
  private isSkipping = false

  line(line: string, number: number): void {
    const hash = line.indexOf('#')
    const code = (hash < 0 ? line : line.slice(0, hash)).trim()
    const comment = hash < 0 ? '' : line.slice(hash + 1).trim()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) {
      this.problem(number, 'control_character', 'contains a control character')
      return
    }
    if (code.startsWith('[')) this.header(code, number)
    else if (code !== '') this.directive(code, number)
    else if (comment === '') this.isAtTop = false
    if (comment !== '') this.comment(comment, code !== '')
  }

  end(): WgQuickReading {
    this.close()
    if (!this.interface && this.problems.length === 0) {
      this.problem(0, 'no_interface', 'has no [Interface] section')
    }
    const { kind: _kind, line: _line, ...found } = this.interface ?? newInterface(0)
    return {
      file: { interface: found, peers: this.peers },
      problems: this.problems.slice(0, maxProblems),
    }
  }

  private problem(line: number, code: string, detail: string): void {
    this.problems.push({ line, code, detail })
  }

  private comment(text: string, isBesideCode: boolean): void {
    if (this.section && (isBesideCode || this.isAtTop)) this.section.comments.push(text)
    else this.pending.push(text)
  }

  private header(code: string, number: number): void {
    const above = this.pending
    this.pending = []
    this.close()
    this.pending = above
    this.seen.clear()
    this.isAtTop = true
    this.isSkipping = false
    const name = code.toLowerCase()
    if (name === '[peer]') {
      this.section = newPeer(number)
    } else if (name === '[interface]') {
      if (this.interface) {
        this.problem(number, 'second_interface', 'is a second [Interface] section')
        this.isSkipping = true
        return
      }
      this.section = this.interface = newInterface(number)
    } else {
      this.problem(number, 'section_unknown', `${quoted(code)} is neither [Interface] nor [Peer]`)
      this.isSkipping = true
      return
    }
    this.giveComments(this.section)
  }

  private giveComments(section: Section): void {
    for (const text of this.pending) section.comments.push(text)
    this.pending = []
  }

  /** Ends the current section. */
  private close(): void {
    const section = this.section
    this.section = undefined
    if (!section) return
    this.giveComments(section)
    if (section.kind === 'interface') return
    const { kind: _kind, publicKey, ...rest } = section
    if (publicKey) this.peers.push({ ...rest, publicKey })
    else if (!this.seen.has('publickey')) {
      this.problem(section.line, 'peer_without_key', 'the [Peer] has no PublicKey')
    }
  }

  private directive(code: string, number: number): void {
    if (this.isSkipping) return
    const equals = code.indexOf('=')
    const key = code.slice(0, Math.max(equals, 0)).trim()
    const value = code.slice(equals + 1).trim()
    if (equals < 0 || !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(key)) {
      // Never quoted: a broken line may be half a key.
      this.problem(number, 'line_invalid', 'is not of the form Key = Value')
      return
    }
    const section = this.section
    if (!section) {
      this.problem(number, 'outside_section', `${key} stands before any section`)
      return
    }
    this.giveComments(section)
    this.isAtTop = false
    const lower = key.toLowerCase()
    const others = section.others
    const problem =
      section.kind === 'interface'
        ? this.onInterface(section, lower, value, () => others.push({ key, value, line: number }))
        : this.onPeer(section, lower, value, () => others.push({ key, value, line: number }))
    if (problem) this.problem(number, problem.code, `${key}: ${problem.detail}`)
  }

  private onInterface(
    section: InterfaceSection,
    key: string,
    value: string,
    keep: () => void,
  ): Refusal | undefined {
    switch (key) {
      case 'privatekey':
        return this.once(key, parseWgKey(value), (parsed) => {
          section.privateKey = parsed
        })
      case 'listenport':
        return this.once(key, integer(value, 0, 65535), (parsed) => {
          // 0 is "any free one", which is what leaving it out means.
          if (parsed > 0) section.listenPort = parsed
        })
      case 'mtu':
        return this.once(key, integer(value, 576, 65535), (parsed) => {
          section.mtu = parsed
        })
      case 'address':
        return list(value, parseHostCidrLoosely, section.addresses)
      case 'dns':
        return list(value, parseDnsEntry, section.dns)
      default:
        keep()
        return undefined
    }
  }

  private onPeer(
    section: PeerSection,
    key: string,
    value: string,
    keep: () => void,
  ): Refusal | undefined {
    switch (key) {
      case 'publickey':
        return this.once(key, parseWgKey(value), (parsed) => {
          section.publicKey = parsed
        })
      case 'presharedkey': {
        const parsed = parseWgKey(value)
        if (!parsed.ok && parsed.code === 'key_zero') return this.once(key, accept(0), () => {})
        return this.once(key, parsed, (found) => {
          section.presharedKey = found
        })
      }
      case 'allowedips':
        return list(value, parseCidrLoosely, section.allowedIps)
      case 'endpoint':
        return this.once(key, parseEndpoint(value), (parsed) => {
          section.endpoint = parsed
        })
      case 'persistentkeepalive':
        return this.once(
          key,
          value.toLowerCase() === 'off' ? accept(0) : integer(value, 0, 65535),
          (parsed) => {
            section.keepaliveSeconds = parsed
          },
        )
      default:
        keep()
        return undefined
    }
  }

  private once<T>(key: string, parsed: Parsed<T>, set: (value: T) => void): Refusal | undefined {
    if (this.seen.has(key))
      return { code: 'directive_repeated', detail: 'stands twice in a section' }
    this.seen.add(key)
    if (!parsed.ok) return parsed
    set(parsed.value)
    return undefined
  }
}

type Refusal = Pick<WgQuickProblem, 'code' | 'detail'>

/** Comma separated; an empty list is allowed, an empty word is not. */
function list<T>(value: string, parse: Parser<T>, into: T[]): Refusal | undefined {
  if (value === '') return undefined
  for (const word of value.split(',')) {
    const parsed = parse(word.trim())
    if (!parsed.ok) return parsed
    into.push(parsed.value)
  }
  return undefined
}

function integer(text: string, min: number, max: number): Parsed<number> {
  const value = Number(text)
  if (!/^[0-9]{1,5}$/.test(text) || value < min || value > max) {
    return refuse('number_invalid', `${quoted(text)} is not a number from ${min} to ${max}`)
  }
  return accept(value)
}

/** The lines a person or a wg-quick hook cares about, which no release of ours runs. */
export const isHook = (directive: WgQuickDirective): boolean =>
  /^(?:pre|post)(?:up|down)$/i.test(directive.key)
