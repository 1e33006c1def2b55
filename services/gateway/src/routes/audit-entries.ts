import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

/** The audit trail: who did what, when and why. */
export const auditEntryRoutes =
  (_clients: Clients): Routes =>
  async () => {}
