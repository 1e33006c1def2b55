import type { Command } from 'commander'
import type { Context } from '../context.ts'

/** `audit list|show|export|actions`: the trail, for people. */
export function auditEntryCommands(_program: Command, _context: Context): void {}
