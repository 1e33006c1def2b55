// Tables and bars as text.
export const ns = (value: number): string =>
  Number.isNaN(value) ? '-' : value < 100 ? value.toFixed(1) : value.toFixed(0)

export const times = (value: number): string => `${value.toFixed(value < 100 ? 2 : 0)}×`

export const count = (value: number): string => value.toLocaleString('en-US')

/** Columns to the right, the first to the left. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)))
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export interface Bar {
  readonly what: string
  readonly value: number
  /** At most; `least` turns it round. */
  readonly bar: number
  readonly stretch?: number
  readonly isLeast?: boolean
  readonly unit: string
}

/** What the specification asks beside what was measured. Printed, never asserted. */
export function bars(list: readonly Bar[]): string {
  return table(
    ['', 'measured', 'bar', '', 'stretch', ''],
    list.map(({ what, value, bar, stretch, isLeast, unit }) => {
      const meets = (limit: number): string =>
        Number.isNaN(value)
          ? 'not measured'
          : (isLeast ? value >= limit : value <= limit)
            ? 'met'
            : 'missed'
      const sign = isLeast ? '≥' : '≤'
      const text = (number: number): string =>
        `${number < 100 ? Number(number.toFixed(2)) : number.toFixed(0)}${unit}`
      return [
        what,
        Number.isNaN(value) ? '-' : text(value),
        `${sign} ${text(bar)}`,
        meets(bar),
        stretch === undefined ? '' : `${sign} ${text(stretch)}`,
        stretch === undefined ? '' : meets(stretch),
      ]
    }),
  )
}
