/** Why an expression cannot be read. The message is safe to show. */
export class FilterError extends Error {
  /** Characters before the place, from 0. */
  readonly at: number
  /** Without the place. */
  readonly detail: string
  constructor(at: number, detail: string) {
    super(`at character ${at + 1}: ${detail}`)
    this.at = at
    this.detail = detail
  }
}
