import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

/** External subscribers. */
export const subscriberRoutes =
  (_clients: Clients): Routes =>
  async () => {}
