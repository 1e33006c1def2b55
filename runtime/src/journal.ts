import { join } from 'node:path'
import type { Console } from './console.ts'
import { type LogFile, openLogFile } from './log-file.ts'
import { isAtLeast, type Level, type LogLine, toJson } from './log-line.ts'

/** Where log lines go: `<logs>/<process>.log` as JSON, and the person when they are grave enough. */
export interface Journal {
  write(line: LogLine): void
  /** A line of the supervisor itself. */
  say(level: Level, msg: string, fields?: Readonly<Record<string, unknown>>): void
  close(): void
}

export function openJournal(directory: string, floor: Level, screen: Console): Journal {
  const files = new Map<string, LogFile>()
  const fileOf = (name: string): LogFile => {
    const open = files.get(name) ?? openLogFile(join(directory, `${name}.log`))
    files.set(name, open)
    return open
  }
  const write = (line: LogLine) => {
    if (isAtLeast(line.level, floor)) fileOf(line.name).write(toJson(line))
    screen.show(line)
  }
  return {
    write,
    say: (level, msg, fields = {}) =>
      write({ time: Date.now(), level, name: 'supervisor', msg, fields }),
    close() {
      for (const file of files.values()) file.close()
      files.clear()
    },
  }
}
