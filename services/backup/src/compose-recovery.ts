import type { BackupApp } from './app.ts'

export function composeRecovery(_app: BackupApp): void {}
