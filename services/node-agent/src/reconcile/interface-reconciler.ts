import type { Logger } from '@holdfast/telemetry'
import type { Driver } from '../apply/device.ts'
import type { Host } from '../apply/host.ts'
import type { OwnedDevices } from '../state/owned-devices.ts'
import type { DesiredInterface } from './desired.ts'
import type { ObservedDevice } from './observed.ts'
import { plan, type Step } from './plan.ts'
import { desiredHash, observedHash } from './state-hash.ts'

/** What became of one interface at the end of a pass. */
export interface InterfaceStatus {
  readonly interfaceId: string
  /** The revision that was applied, or attempted when there is an error. */
  readonly revision: bigint
  /** Read back, and equal to what was asked for. */
  readonly isEnforced: boolean
  /** For people; empty when all is well. */
  readonly error: string
  readonly driver: Driver | undefined
  readonly desiredHash: Uint8Array
  readonly observedHash: Uint8Array
  /** Foreign changes undone since the agent started. */
  readonly driftRepaired: number
  /** The last read; undefined when there is no device. */
  readonly observed: ObservedDevice | undefined
  /** There should be no device, and there is none. */
  readonly isGone: boolean
}

/** What should be, as of now. */
export interface Wish {
  readonly revision: bigint
  /** Undefined: no device. */
  readonly desired: DesiredInterface | undefined
}

export interface InterfaceReconcilerOptions {
  readonly id: string
  /** Throws when the wish cannot be read. */
  readonly wish: (nowUnixMs: number) => Wish
  readonly host: Host
  readonly owned: OwnedDevices
  /** Resolves when the firewall judges what passes the device; a device that is down comes up only then. */
  readonly admit: (device: string) => Promise<void>
  readonly log: Logger
  readonly now: () => number
  readonly driverOf: (device: ObservedDevice) => Driver | undefined
  readonly onPass: (status: InterfaceStatus, pass: PassFigures) => void
  /** How long a burst of changes may gather before it is applied, ms. */
  readonly coalesceMs: number
}

export interface PassFigures {
  readonly durationMs: number
  readonly steps: number
  readonly drift: number
}

/** Keeps one interface as it should be. Start-up, a change, an expiry and a repair are the same pass. */
export interface InterfaceReconciler {
  readonly id: string
  /** What should be has changed, or may have. */
  changed(): void
  /** Read the kernel and repair. */
  check(): void
  status(): InterfaceStatus | undefined
  /** Resolves when the pass that runs has ended; none follows. The device stays. */
  stop(): Promise<void>
}

const firstRetryMs = 250
const maxRetryMs = 30_000
const maxRounds = 4
/** A session older than this is dead; WireGuard renews living ones every two minutes. */
const sessionMs = 180_000
const maxTimerMs = 2 ** 31 - 1
const noHash = new Uint8Array()

/** A device of our interface's name that is not ours; it is left alone. */
class ForeignDevice extends Error {
  override readonly name = 'ForeignDevice'
}

export function interfaceReconciler(options: InterfaceReconcilerOptions): InterfaceReconciler {
  const { id, host, owned, log, now } = options
  let wish: Wish | undefined
  /** The wish the kernel was last seen to agree with. */
  let enforced: DesiredInterface | undefined
  let observed: ObservedDevice | undefined
  let status: InterfaceStatus | undefined
  const endpoints = new Map<string, string>()
  let areEndpointsKnown = false
  let driftRepaired = 0
  /** Steps to undo foreign changes that were found and not yet carried out to the end. */
  let openDrift: readonly Step[] = []
  let failures = 0

  let isWishStale = true
  let isDirty = false
  let isCheckDue = false
  let isStopped = false
  let running: Promise<void> | undefined
  let burst: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let expiry: NodeJS.Timeout | undefined

  function start(): void {
    clearTimeout(burst)
    burst = undefined
    if (running || isStopped) return
    running = run().finally(() => {
      running = undefined
      if ((isDirty || isCheckDue) && !isStopped) start()
    })
  }

  async function run(): Promise<void> {
    clearTimeout(retry)
    const startedAt = performance.now()
    const wasDirty = isDirty
    isDirty = false
    isCheckDue = false
    const figures = { steps: 0, drift: 0 }
    try {
      const nowUnixMs = now()
      const isExpiryDue = (wish?.desired?.nextExpiryUnixMs ?? Number.POSITIVE_INFINITY) <= nowUnixMs
      if (isWishStale || !wish || isExpiryDue) {
        isWishStale = true
        wish = options.wish(nowUnixMs)
        isWishStale = false
      }
      // A change relies on the last read; a check, and whatever follows a failure, reads anew.
      const known = wasDirty && failures === 0 ? observed : undefined
      const { desired, revision } = wish
      if (desired) await converge(desired, known, figures)
      else await withdraw()
      if (openDrift.length > 0) noteDrift(figures)
      failures = 0
      scheduleExpiry(desired)
      settle(revision, desired, desired?.problems.slice(0, 5).join('; ') ?? '')
    } catch (error) {
      failures++
      observed = undefined
      scheduleRetry()
      fail(error)
    }
    if (status) {
      options.onPass(status, { ...figures, durationMs: performance.now() - startedAt })
    }
  }

  async function converge(
    desired: DesiredInterface,
    known: ObservedDevice | undefined,
    figures: { steps: number; drift: number },
  ): Promise<void> {
    const previous = owned.get(id)
    if (previous && previous.device !== desired.device) await withdraw()

    let isFresh = known?.device !== desired.device
    let device = isFresh ? await readOurs(desired) : known
    let before: readonly Step[] | undefined
    for (let round = 0; round < maxRounds; round++) {
      const steps = plan(desired, device, endpoints)
      if (steps.length === 0 && isFresh && device) {
        observed = device
        enforced = desired
        return
      }
      // What differs although nothing was asked for, or although we just built on the last read, is
      // somebody else's doing. Taking an address or a link away moves others, and is ours.
      const isDrift = before
        ? known !== undefined && round === 1 && isFresh && !before.some(concernsLink)
        : isFresh && enforced === desired
      figures.steps += steps.length
      if (isDrift) openDrift = [...openDrift, ...steps]
      try {
        device = await carryOut(desired, device, steps)
        isFresh = true
        before = steps
      } catch (error) {
        if (isFresh) throw error
        device = await readOurs(desired) // the last read was too old to build on
        isFresh = true
      }
    }
    const left = plan(desired, device, endpoints)
    if (left.length === 0) {
      observed = device
      enforced = desired
      return
    }
    const kinds = [...new Set(left.map((step) => step.type))].join(', ')
    throw new Error(`${desired.device} does not take what it is told: ${kinds}`)
  }

  /** Also decides whether the device of that name is ours. */
  async function readOurs(desired: DesiredInterface): Promise<ObservedDevice | undefined> {
    const device = await host.read(desired.device)
    if (!device) return undefined
    if (!owned.isOurs(id, desired.device, device.ifindex)) {
      // A lost record is no reason to cut tunnels: nobody else has this interface's private key.
      if (device.privateKey !== desired.privateKey) {
        throw new ForeignDevice(
          `a device ${desired.device} exists that Holdfast did not make; it is left alone`,
        )
      }
      log.info({ device: desired.device }, 'adopted a device with the key of the interface')
    }
    await owned.put(id, desired.device, device.ifindex)
    if (!areEndpointsKnown) rememberEndpoints(desired, device)
    return device
  }

  /** After a start: a peer in session was heard from since, so its endpoint is better than ours. */
  function rememberEndpoints(desired: DesiredInterface, device: ObservedDevice): void {
    areEndpointsKnown = true
    for (const { publicKey, endpoint } of desired.peers.values()) {
      const current = device.peers.get(publicKey)
      if (!current || endpoint === undefined) continue
      const isInSession = now() - current.latestHandshakeUnixMs < sessionMs
      if (isInSession || current.endpoint === endpoint) endpoints.set(publicKey, endpoint)
    }
  }

  async function carryOut(
    desired: DesiredInterface,
    device: ObservedDevice | undefined,
    steps: readonly Step[],
  ): Promise<ObservedDevice> {
    if (!device) {
      await owned.put(id, desired.device)
      await host.create(desired.device)
      const made = await host.read(desired.device)
      if (!made) throw new Error(`${desired.device} was made and is not there`)
      await owned.put(id, desired.device, made.ifindex)
      endpoints.clear()
      areEndpointsKnown = true
      return carryOut(desired, made, plan(desired, made, endpoints))
    }
    if (!device.isUp) await options.admit(desired.device)
    if (steps.length > 0) await host.apply(desired, steps)
    for (const step of steps) {
      if (step.type === 'RemovePeer') endpoints.delete(step.publicKey)
      if (step.type === 'SetPeer' && step.peer.endpoint !== undefined) {
        endpoints.set(step.peer.publicKey, step.peer.endpoint)
      }
    }
    if (!steps.some(concernsLink)) return host.readPeers(device)
    const after = await host.read(desired.device)
    if (!after) throw new Error(`${desired.device} went away while it was set`)
    return after
  }

  /** Takes our device away, if there is one. */
  async function withdraw(): Promise<void> {
    observed = undefined
    enforced = undefined
    openDrift = []
    const record = owned.get(id)
    if (!record) return
    const device = await host.read(record.device)
    if (device && owned.isOurs(id, record.device, device.ifindex)) {
      await host.delete(record.device)
      log.info({ device: record.device }, 'took a device away')
    }
    await owned.remove(id)
    endpoints.clear()
  }

  function noteDrift(figures: { drift: number }): void {
    figures.drift = openDrift.length
    driftRepaired += openDrift.length
    log.warn(
      { repaired: openDrift.slice(0, 10).map(describe), count: openDrift.length },
      'somebody changed the device; it is as it should be again',
    )
    openDrift = []
  }

  function settle(revision: bigint, desired: DesiredInterface | undefined, error: string): void {
    status = {
      interfaceId: id,
      revision,
      isEnforced: error === '',
      error,
      driver: observed && options.driverOf(observed),
      desiredHash: desired ? desiredHash(desired) : noHash,
      observedHash: desired && observed ? observedHash(observed, desired) : noHash,
      driftRepaired,
      observed,
      isGone: desired === undefined,
    }
  }

  function fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    const isNew = status?.error !== message
    // A failure that lasts is one line, not one a retry.
    log[isNew ? 'error' : 'debug']({ err: error, failures }, 'the interface is not as it should be')
    status = {
      interfaceId: id,
      revision: wish?.revision ?? 0n,
      isEnforced: false,
      error: message,
      driver: status?.driver,
      desiredHash: wish?.desired ? desiredHash(wish.desired) : noHash,
      observedHash: noHash,
      driftRepaired,
      observed: undefined,
      isGone: false,
    }
  }

  function scheduleRetry(): void {
    const delayMs = Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 10), maxRetryMs)
    retry = setTimeout(
      () => {
        // The wish is read again too: a failure may lie in it.
        isDirty = true
        start()
      },
      delayMs * (0.8 + Math.random() * 0.4),
    )
  }

  function scheduleExpiry(desired: DesiredInterface | undefined): void {
    clearTimeout(expiry)
    const at = desired?.nextExpiryUnixMs ?? Number.POSITIVE_INFINITY
    if (at === Number.POSITIVE_INFINITY || isStopped) return
    expiry = setTimeout(changed, Math.min(Math.max(at - now(), 1), maxTimerMs))
  }

  function changed(): void {
    isWishStale = true
    isDirty = true
    if (!burst) burst = setTimeout(start, options.coalesceMs)
  }

  return {
    id,
    changed,
    check() {
      if (failures > 0) return // the retry reads anyway, at its own pace
      isCheckDue = true
      start()
    },
    status: () => status,
    async stop() {
      isStopped = true
      for (const timer of [burst, retry, expiry]) clearTimeout(timer)
      await running
      for (const timer of [burst, retry, expiry]) clearTimeout(timer)
    },
  }
}

const concernsLink = ({ type }: Step): boolean =>
  type === 'SetLink' || type.endsWith('Route') || type.endsWith('Address')

/** A step for the log: public keys and addresses, never a secret. */
function describe(step: Step): string {
  switch (step.type) {
    case 'RemovePeer':
      return `RemovePeer ${step.publicKey}`
    case 'SetPeer':
      return `SetPeer ${step.peer.publicKey}`
    case 'RemoveRoute':
    case 'AddRoute':
      return `${step.type} ${step.cidr}`
    case 'RemoveAddress':
    case 'AddAddress':
      return `${step.type} ${step.address}`
    default:
      return step.type
  }
}
