import type { Clients } from '../clients.ts'
import type { Routes } from './route.ts'

/** Read models, and whether they equal a replay. */
export const readModelRoutes =
  (_clients: Clients): Routes =>
  async () => {}
