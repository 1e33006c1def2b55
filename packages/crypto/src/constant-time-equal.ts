import { timingSafeEqual } from 'node:crypto'

/** Whether both hold the same bytes. Takes the same time wherever they differ; lengths are not secret. */
export const constantTimeEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)
