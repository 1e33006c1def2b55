import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

export const recoveryRoutes =
  (_clients: Clients): Routes =>
  async () => {}
