import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

/** History and blame of one object. */
export const historyRoutes =
  (_clients: Clients): Routes =>
  async () => {}
