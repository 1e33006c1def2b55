export { type Filter, parseFilter } from './filter.ts'
export { FilterError } from './filter-error.ts'
export { maxSource } from './parse.ts'
