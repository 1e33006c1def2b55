import { accessSync, constants } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { ToolName } from './run-tool.ts'

/** The package that brings a tool, on Debian and Ubuntu. */
const packages: Readonly<Record<ToolName, string>> = {
  wg: 'wireguard-tools',
  ip: 'iproute2',
  'wireguard-go': 'wireguard-go',
}

// Services often run without the sbin folders, where these tools live.
const usualFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The absolute path of a tool: as set, else from PATH, else from the usual folders. */
export function findTool(name: string, setting: string, searchPath: string): string | undefined {
  if (isAbsolute(setting)) return isExecutable(setting) ? setting : undefined
  const folders = [...searchPath.split(':').filter((folder) => isAbsolute(folder)), ...usualFolders]
  return folders.map((folder) => join(folder, setting || name)).find(isExecutable)
}

/** One line that names what is missing and where it comes from; undefined when all is there. */
export function missingTools(missing: readonly ToolName[]): string | undefined {
  if (missing.length === 0) return undefined
  const names = missing.map((name) => packages[name]).join(' ')
  return `missing: ${missing.join(', ')}; on Debian or Ubuntu: apt-get install ${names}`
}
