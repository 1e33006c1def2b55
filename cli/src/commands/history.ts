import type { Command } from 'commander'
import type { Context } from '../context.ts'

/** `history` and `blame`: what became of one object. */
export function historyCommands(_program: Command, _context: Context): void {}
