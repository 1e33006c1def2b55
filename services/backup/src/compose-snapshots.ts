import type { BackupApp } from './app.ts'

export function composeSnapshots(_app: BackupApp): void {}
