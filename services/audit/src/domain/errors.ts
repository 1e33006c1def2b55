import { defineError } from '@holdfast/errors'

export const FlowNotFound = defineError(
  'audit.flow_not_found',
  'not_found',
  (d: { flow: string }) => `there is no flow ${d.flow}, or it is not kept any more`,
)

export const TooManyFlows = defineError(
  'audit.too_many_flows',
  'exhausted',
  (d: { seconds: number }) =>
    `so many flows cannot be looked through in ${d.seconds} s: ask for a shorter time, or for one peer, rule or address`,
)
