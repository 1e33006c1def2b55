import { type InterfaceId, isUuid, type NodeId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { type CommandContext, type EventLog, subjectOf } from '@holdfast/event-log'
import { stepOf } from '@holdfast/service'
import { nodeCodec } from '../codecs/node-codec.ts'
import { InterfaceNameTaken, ListenPortTaken, NodeNotEmpty } from '../domain/errors.ts'
import { interfaceAggregateId } from '../domain/interface-state.ts'
import type { Claim } from '../domain/node.ts'
import { interfaces, nodes } from './aggregates.ts'

/** Longer than any command can be under way: a claim this old without its interface is left over from a crash. */
export const abandonedAfterMs = 120_000

interface Place {
  readonly nodeId: NodeId
  readonly interfaceId: InterfaceId
}

export interface Claims {
  /** Holds a name and a port for an interface; port 0 is the lowest free one. Answers what is held. */
  hold(place: Place, wish: Claim, context: CommandContext): Promise<Claim>
  /** Leaves the interface with exactly this claim, or none. */
  settle(place: Place, claim: Claim | undefined, context: CommandContext): Promise<void>
  /** Takes away claims of a node whose interfaces do not exist. Whether there were any. */
  clear(nodeId: NodeId, holders: readonly string[], context: CommandContext): Promise<boolean>
}

/**
 * Names and ports on a node (docs/adr/0006). A conflict with a claim that a crash left behind is healed on
 * the way: what its interface really uses stays, the rest is released.
 */
export function claims(
  log: Pick<EventLog, 'execute' | 'fold' | 'history'>,
  now: () => number,
): Claims {
  async function settle(
    { nodeId, interfaceId }: Place,
    claim: Claim | undefined,
    context: CommandContext,
  ): Promise<void> {
    await log.execute(
      nodes,
      nodeId,
      { type: 'SettleClaim', interfaceId, claim },
      stepOf(context, `settle ${interfaceId} ${claim?.name} ${claim?.listenPort}`),
    )
  }

  /** When the holder last claimed something: by the writer's clock, ms since 1970, and where in the log. */
  async function lastClaim(
    nodeId: NodeId,
    holder: InterfaceId,
  ): Promise<{ readonly at: number; readonly sequence: bigint }> {
    let last = { at: 0, sequence: 0n }
    for await (const commit of log.history(subjectOf('network', 'node', nodeId))) {
      for (const stored of commit.events) {
        if (stored.type !== 'InterfaceClaimed') continue
        const event = nodeCodec.decode(stored)
        if (event.type === 'InterfaceClaimed' && event.interfaceId === holder) {
          last = { at: commit.timeUnixMs, sequence: commit.sequence }
        }
      }
    }
    return last
  }

  /** Frees what the holder claims and does not use; false when it uses it all, or may be about to. */
  async function heal(
    nodeId: NodeId,
    holder: InterfaceId,
    context: CommandContext,
  ): Promise<boolean> {
    const held = (await log.fold(nodes, nodeId)).state.claims.get(holder) ?? []
    const { state, revision } = await log.fold(interfaces, interfaceAggregateId(nodeId, holder))
    const isGone = state.isDeleted
    const used: Claim | undefined =
      state.settings && !isGone
        ? { name: state.settings.name, listenPort: state.settings.listenPort }
        : undefined
    const isInUse =
      used !== undefined &&
      held.every(({ name, listenPort }) => name === used.name && listenPort === used.listenPort)
    if (held.length === 0 || isInUse) return false
    // It went with its interface; anything else may be a command between its two commits, one that brings it back too.
    const claimed = await lastClaim(nodeId, holder)
    const isOver = isGone && claimed.sequence < revision
    if (!isOver && now() - claimed.at < abandonedAfterMs) return false
    await settle({ nodeId, interfaceId: holder }, used, context)
    return true
  }

  return {
    settle,
    async hold({ nodeId, interfaceId }, wish, context) {
      const step = stepOf(context, `claim ${wish.name} ${wish.listenPort}`)
      const attempt = async (): Promise<Claim> => {
        const { state } = await log.execute(
          nodes,
          nodeId,
          { type: 'ClaimInterface', interfaceId, ...wish },
          step,
        )
        const held = (state.claims.get(interfaceId) ?? []).findLast(
          ({ name, listenPort }) =>
            name === wish.name && (wish.listenPort === 0 || listenPort === wish.listenPort),
        )
        // Repeated long after: somebody took over what this command had claimed and never used.
        if (!held) throw InterfaceNameTaken({ name: wish.name, heldBy: '' })
        return held
      }
      // A name and a port may be held by two others.
      for (let healed = 0; ; healed++) {
        try {
          return await attempt()
        } catch (error) {
          const holder = holderOf(error)
          if (!holder || healed >= 2 || !(await heal(nodeId, holder, context))) throw error
        }
      }
    },
    async clear(nodeId, holders, context) {
      let isAny = false
      for (const holder of holders) {
        if (isUuid(holder) && (await heal(nodeId, holder as InterfaceId, context))) isAny = true
      }
      return isAny
    },
  }
}

function holderOf(error: unknown): InterfaceId | undefined {
  if (!InterfaceNameTaken.is(error) && !ListenPortTaken.is(error)) return undefined
  const holder = error.details['heldBy'] ?? ''
  return isUuid(holder) ? (holder as InterfaceId) : undefined // as: ids of the aggregate's own making
}

/** The interfaces a `network.node_not_empty` names. */
export const holdersOf = (error: unknown): readonly string[] =>
  error instanceof DomainError && NodeNotEmpty.is(error)
    ? (error.details['heldBy'] ?? '').split(',')
    : []
