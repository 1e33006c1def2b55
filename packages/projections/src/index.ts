export { defineProjection } from './define-projection.ts'
export { Lagging, NotProjecting, ProjectionPoisoned, UnknownProjection } from './errors.ts'
export { openProjections, type ProjectionsOptions } from './open-projections.ts'
export { dropReadModels } from './schema.ts'
export type {
  CheckedReadModel,
  CheckProgress,
  Difference,
  LogReader,
  Projection,
  ProjectionSpec,
  ProjectionState,
  ProjectionStatus,
  Projections,
  RowChange,
  TableSpec,
} from './types.ts'
