import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

/** The inbox of alerts. */
export const alertRoutes =
  (_clients: Clients): Routes =>
  async () => {}
