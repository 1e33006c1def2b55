import type { BackupApp } from './app.ts'
import type { Guard } from './guard/start-guard.ts'
import type { Locations } from './storage/locations.ts'

export function composeOffsite(_app: BackupApp, _guard: Guard, _locations: Locations): void {}
