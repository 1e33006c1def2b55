import { type DefaultVerdict, defaultFirewall, type FirewallSettings } from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import { isSameSettings } from '../domain/settings.ts'

type Message = holdfast.network.v1.FirewallSettings.$Properties

/** In the order of the proto enum, from 1; 0 is unspecified. */
const verdicts = ['pass', 'drop'] as const

/** The number of a verdict on the wire. */
export const verdictNumber = (verdict: DefaultVerdict): 1 | 2 => (verdict === 'pass' ? 1 : 2)

/** Undefined for a number that is none, also one of a later release. */
export const verdictOf = (number: number | null | undefined): DefaultVerdict | undefined =>
  verdicts[(number ?? 0) - 1]

/** Null for the default, so that a fact that says nothing new is written as it always was. */
export const firewallMessage = (settings: FirewallSettings): Message | null =>
  isSameSettings(settings, defaultFirewall)
    ? null
    : {
        defaultVerdict: verdictNumber(settings.defaultVerdict),
        isStateful: settings.isStateful,
        dropsFragments: settings.dropsFragments,
        unparsableVerdict: verdictNumber(settings.unparsableVerdict),
      }

/** What a fact does not say is as by default. */
export const firewallFrom = (message: Message | null | undefined): FirewallSettings => ({
  defaultVerdict: verdictOf(message?.defaultVerdict) ?? defaultFirewall.defaultVerdict,
  isStateful: message?.isStateful ?? defaultFirewall.isStateful,
  dropsFragments: message?.dropsFragments ?? defaultFirewall.dropsFragments,
  unparsableVerdict: verdictOf(message?.unparsableVerdict) ?? defaultFirewall.unparsableVerdict,
})
