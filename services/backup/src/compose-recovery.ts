import type { BackupApp } from './app.ts'
import type { Offsite } from './offsite/offsite.ts'
import type { Locations } from './storage/locations.ts'

export function composeRecovery(_app: BackupApp, _locations: Locations, _offsite: Offsite): void {}
