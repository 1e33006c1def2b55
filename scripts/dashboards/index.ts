export { holdfast } from './holdfast.ts'
export { network } from './network.ts'
