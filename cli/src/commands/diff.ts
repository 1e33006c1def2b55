import type { Command } from 'commander'
import type { Context } from '../context.ts'

/** `diff`: what changed between two moments. */
export function diffCommand(_program: Command, _context: Context): void {}
