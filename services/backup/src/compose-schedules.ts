import type { BackupApp } from './app.ts'
import type { Locations } from './storage/locations.ts'

export function composeSchedules(_app: BackupApp, _locations: Locations): void {}
