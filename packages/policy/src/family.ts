export const families = [4, 6] as const
export type Family = (typeof families)[number]

/** Of an address. */
export const bits: Readonly<Record<Family, number>> = { 4: 32, 6: 128 }
