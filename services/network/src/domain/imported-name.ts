import { parseName } from '@holdfast/net'

/** `Name = x`, `friendly_name=x`, `#Name# = x` (WGDashboard). */
const labelled = /^#*\s*(?:friendly[_ -]?)?name\s*#*\s*[=:]\s*(.+)$/i
/** `### Client x` (angristan), `# Client: x (id)` (wg-easy), `### begin x ###` (pivpn). */
const introduced = /^#*\s*(?:client|peer|user|begin)\s*:?\s+(.+?)\s*#*$/i
/** Ends a pivpn block, so it speaks of the peer before. */
const ends = /^#*\s*end\s/i
/** A directive that was commented out, often with a secret behind it. */
const directive = /^#*\s*[A-Za-z_]+\s*=/
/** The id wg-easy appends. */
const trailingId = /\s*\([0-9a-f-]{8,36}\)$/i

/** The name of a peer as tools and people write it into comments; undefined when none of them is one. */
export function importedName(comments: readonly string[]): string | undefined {
  const candidates = [
    ...comments.flatMap((text) => labelled.exec(text)?.[1] ?? []),
    ...comments.flatMap((text) => (ends.test(text) ? [] : (introduced.exec(text)?.[1] ?? []))),
    ...comments.filter((text) => !ends.test(text) && !directive.test(text)),
  ]
  for (const candidate of candidates) {
    const plain = candidate
      .replace(/^[#\s]+|[#\s]+$/g, '')
      .replace(trailingId, '')
      .slice(0, 128)
      .trim()
    const name = parseName(plain)
    if (name.ok) return name.value
  }
  return undefined
}
