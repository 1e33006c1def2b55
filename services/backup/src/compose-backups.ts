import type { BackupApp } from './app.ts'
import type { Locations } from './storage/locations.ts'

export function composeBackups(_app: BackupApp, _locations: Locations): void {}
