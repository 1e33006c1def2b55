import type { Command } from 'commander'
import type { Context } from '../context.ts'

/** `alert …` */
export function alertCommands(_program: Command, _context: Context): void {}
