import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

/** Endpoints that are told of events. */
export const webhookRoutes =
  (_clients: Clients): Routes =>
  async () => {}
