import type { Command } from 'commander'
import type { Context } from '../context.ts'

/** `subscriber …` */
export function subscriberCommands(_program: Command, _context: Context): void {}
