/** One family of metrics in Prometheus text: its head and its samples. */
interface Family {
  head: string[]
  samples: string[]
}

/**
 * Joins Prometheus texts of several processes into one valid text: a family is said once, with the
 * samples of all of them, each labelled with the service it comes from.
 */
export function mergeMetrics(
  texts: readonly { readonly service: string; readonly text: string }[],
): string {
  const families = new Map<string, Family>()
  for (const { service, text } of texts) {
    let current: Family | undefined
    // Names that HELP or TYPE of this text have introduced in this text.
    const introduced = new Set<string>()
    for (const line of text.split('\n')) {
      if (line === '') continue
      const head = /^# (HELP|TYPE) ([A-Za-z_:][A-Za-z0-9_:]*) /.exec(line)
      if (head?.[2] !== undefined) {
        const name = head[2]
        const known = families.get(name)
        current = known ?? { head: [], samples: [] }
        if (!known) families.set(name, current)
        // The first text to introduce a family says what it is.
        if (!known || introduced.has(name)) current.head.push(line)
        if (!known) introduced.add(name)
        continue
      }
      if (line.startsWith('#')) continue
      const sample = labelled(line, service)
      if (sample === undefined) continue
      if (!current) {
        current = { head: [], samples: [] }
        families.set(line, current)
      }
      current.samples.push(sample)
    }
  }
  const lines: string[] = []
  for (const { head, samples } of families.values()) {
    // A text may be cut off; a family without samples says nothing.
    if (samples.length > 0) lines.push(...head, ...samples)
  }
  return `${lines.join('\n')}\n`
}

const sampleLine =
  /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? ([+-]?(?:\d[\d.eE+-]*|Inf|NaN)(?: -?\d+)?)$/

/** A sample with its `service` label; nothing when the line is no sample. */
function labelled(line: string, service: string): string | undefined {
  const [, name, labels = '', value] = sampleLine.exec(line) ?? []
  if (name === undefined || value === undefined) return undefined
  if (/(^|,)service="/.test(labels)) return line
  return `${name}{service="${service}"${labels === '' ? '' : `,${labels}`}} ${value}`
}
