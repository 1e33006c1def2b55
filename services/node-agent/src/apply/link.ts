import { assertNever } from '@holdfast/domain'
import { type ObservedLink, parseLink } from '../reconcile/observed.ts'
import type { Step } from '../reconcile/plan.ts'
import { type RunTool, ToolFailed } from './run-tool.ts'

/** Marks our routes among those of others: no daemon of rt_protos has this number. */
const routeProtocol = 72

/** The device with its addresses and our routes; undefined when there is none of that name. */
export async function readLink(run: RunTool, device: string): Promise<ObservedLink | undefined> {
  const input = `addr show dev ${device}\nroute show table all proto ${routeProtocol}\n`
  try {
    return parseLink(device, await run('ip', ['-d', '-N', '-j', '-batch', '-'], { input }))
  } catch (error) {
    if (isNoSuchDevice(error)) return undefined
    throw error
  }
}

const isNoSuchDevice = (error: unknown): boolean =>
  error instanceof ToolFailed && /does not exist|Cannot find device/.test(error.stderr)

/**
 * Carries out the steps that concern ip(8), in order, with one process. One refusal does not keep the rest
 * from happening (`-force`): a host without IPv6 still gets its IPv4. It is thrown at the end.
 */
export async function applyLink(
  run: RunTool,
  device: string,
  steps: readonly Step[],
): Promise<void> {
  const lines = steps.flatMap((step) => commands(device, step))
  if (lines.length === 0) return
  await run('ip', ['-force', '-batch', '-'], { input: `${lines.join('\n')}\n`, timeoutMs: 60_000 })
}

function commands(device: string, step: Step): readonly string[] {
  switch (step.type) {
    case 'SetLink':
      return [`link set dev ${device} mtu ${step.mtu} up`]
    case 'RemoveRoute':
      return [`route del ${step.cidr} dev ${device} proto ${routeProtocol}`]
    case 'AddRoute':
      return [`route replace ${step.cidr} dev ${device} proto ${routeProtocol}`]
    case 'RemoveAddress':
      return [`address del ${step.address} dev ${device}`]
    case 'AddAddress':
      return [`address replace ${step.address} dev ${device}`]
    case 'CreateDevice':
    case 'RemovePeer':
    case 'SetKey':
    case 'SetListenPort':
    case 'SetPeer':
      return []
    default:
      return assertNever(step)
  }
}
