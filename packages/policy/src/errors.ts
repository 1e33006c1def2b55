import { defineError } from '@holdfast/errors'

/** A policy beyond a bound is refused whole: half a policy is none. */
export const TooManyRules = defineError(
  'policy.too_many_rules',
  'exhausted',
  (d: { rules: number; most: number }) =>
    `the rule set has ${d.rules} rules; a host takes at most ${d.most}`,
)
export const TooManyDevices = defineError(
  'policy.too_many_devices',
  'exhausted',
  (d: { devices: number; most: number }) =>
    `this host has ${d.devices} interfaces and uplinks; at most ${d.most} can have rules`,
)
/** Rules for peers become one line for each of the peer's prefixes. */
export const TooManyLines = defineError(
  'policy.too_many_lines',
  'exhausted',
  (d: { most: number }) =>
    `for this host the rules come to more than ${d.most} lines; use fewer rules for peers with many networks`,
)
