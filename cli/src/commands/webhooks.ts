import type { Command } from 'commander'
import type { Context } from '../context.ts'

/** `webhook …` */
export function webhookCommands(_program: Command, _context: Context): void {}
