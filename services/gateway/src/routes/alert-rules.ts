import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

/** What raises an alert. */
export const alertRuleRoutes =
  (_clients: Clients): Routes =>
  async () => {}
