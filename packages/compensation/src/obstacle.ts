import { DomainError } from '@holdfast/errors'

/** The refusal a decision ends with, if it does; other errors rise. */
export function obstacleOf(decide: () => unknown): DomainError | undefined {
  try {
    decide()
    return undefined
  } catch (error) {
    if (error instanceof DomainError && isObstacle(error)) return error
    throw error
  }
}

/** Whether an error is about the object, and not about how we are. */
export const isObstacle = ({ kind }: DomainError): boolean =>
  kind !== 'unavailable' && kind !== 'internal' && kind !== 'unauthenticated'
