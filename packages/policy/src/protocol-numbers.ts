import type { Family } from './family.ts'

/** As in the IP header. */
export const tcp = 6
export const udp = 17
export const icmpOf: Readonly<Record<Family, number>> = { 4: 1, 6: 58 }

/** The only protocols whose ports are looked at. */
export const showsPorts = (protocol: number): boolean => protocol === tcp || protocol === udp
