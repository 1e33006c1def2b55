import './runtime.ts'

import { holdfast } from './gen/messages.js'

export * from './gen/services.ts'
export type { Access, MessageType, Method, MethodTable, RequestOf, ResponseOf } from './method.ts'
export { holdfast }
