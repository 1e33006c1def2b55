import { type HistoryParts, historyHandlers } from './grpc/history-handlers.ts'

/** History, blame and differences of objects, without their process. Reads only what is projected. */
export const composeHistory = (parts: HistoryParts) => ({ history: historyHandlers(parts) })
