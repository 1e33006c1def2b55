export * from './intermediate.ts'
export * from './model.ts'
