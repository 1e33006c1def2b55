import type { Approval } from './approval.ts'
import type { SafeSignal } from './safe-signal.ts'

/** Everything a process knows that bears on whether it may write now. */
export interface GateView {
  /** The server at the other end; undefined without a connection. */
  readonly serverId: string | undefined
  /** The guard's last word on this log. */
  readonly approval: Approval | undefined
  /** The last signal heard. */
  readonly signal: SafeSignal | undefined
  /** How long ago that was, in ms. */
  readonly silentMs: number
}

/**
 * - `open`: changes are taken.
 * - `waiting`: they are not, and it may pass by itself within seconds.
 * - `exhausted`: there is no room; it passes when somebody makes some.
 * - `refused`: it takes a person. Reads go on.
 */
export type GateState =
  | { readonly type: 'open' }
  | { readonly type: 'waiting' | 'exhausted' | 'refused'; readonly reason: string }

/** Signals come every 200 ms; without one for this long nobody can tell what is archived. */
export const maxSilenceMs = 3_000

const waiting = (reason: string): GateState => ({ type: 'waiting', reason })

/** Whether the guard has vouched for the server at the other end. */
export const isApproved = ({ serverId, approval }: GateView): boolean =>
  serverId !== undefined && approval?.serverIds.includes(serverId) === true

/**
 * Whether what the log answers may be shown. A log the guard keeps closed may be read: that is how
 * people sign in and find out. A server it has not looked at yet, or is looking at, may not.
 */
export function isReadable(view: GateView): boolean {
  if (isApproved(view)) return true
  if (view.serverId === undefined || view.approval?.refusal === undefined) return false
  return !isHeard(view) || view.signal?.writes !== 'checking'
}

const isHeard = ({ signal, silentMs }: GateView): boolean =>
  signal !== undefined && silentMs <= maxSilenceMs

export function gateState(view: GateView): GateState {
  const { serverId, approval, signal } = view
  if (serverId === undefined) return waiting('not connected to NATS')
  if (!isApproved(view)) {
    const checking = 'the guard has not approved the NATS server yet'
    const { refusal } = approval ?? {}
    return refusal && isReadable(view)
      ? { type: 'refused', reason: refusal.reason }
      : waiting(checking)
  }
  if (!isHeard(view)) {
    // Under `log` nobody has to hear from the archiver.
    return approval?.durability === 'log'
      ? { type: 'open' }
      : waiting('nothing is heard from the archiver (service backup)')
  }
  const reason = signal?.reason || `the archiver says ${signal?.writes}`
  switch (signal?.writes) {
    case 'exhausted':
      return { type: 'exhausted', reason }
    case 'frozen':
      return { type: 'refused', reason }
    case 'checking':
      return waiting(reason)
    default:
      return { type: 'open' }
  }
}
