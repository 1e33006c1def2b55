import type { Clients } from '../clients.ts'
import type { TimeSource } from '../http/at.ts'
import type { Routes } from './route.ts'

/** What changed between two moments. */
export const diffRoutes =
  (_clients: Clients, _log: TimeSource): Routes =>
  async () => {}
