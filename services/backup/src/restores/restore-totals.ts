import { addResults, type PhaseResult } from './changes.ts'
import type { RestoreJob } from './restore-store.ts'

/** What came of all its steps so far. */
export const totals = ({ results }: Pick<RestoreJob, 'results'>): PhaseResult =>
  addResults(Object.values(results))
