/** Bounds of the format: every length is checked against them before anything is allocated. */

/** Body of one frame. A commit takes at most 8 MiB; the rest is room for what the format may learn. */
export const maxBodyBytes = 16 * 1024 * 1024
/** Sequence, time and the three lengths, of a commit with nothing in it. */
export const minBodyBytes = 26
/** Length and CRC before each body. */
export const frameHeadBytes = 8
/** JSON of the header. */
export const maxHeaderJsonBytes = 1024
/** What one append may take. */
export const maxAppendBytes = 256 * 1024 * 1024
export const maxSealAtBytes = 1024 * 1024 * 1024
/** A larger file is no segment. */
export const maxSegmentBytes = 0x7fff_ffff
/** The index has one entry for so many frames. */
export const indexEvery = 256
/** u64 on the disk, and what the log counts to. */
export const maxSequence = (1n << 63n) - 1n
