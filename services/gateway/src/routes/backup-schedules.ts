import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

export const backupScheduleRoutes =
  (_clients: Clients): Routes =>
  async () => {}
