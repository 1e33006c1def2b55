import { defineError } from '@holdfast/errors'
import type { Approval } from '../approval.ts'
import { decodeCommit } from '../commit-codec.ts'
import { commitHash } from '../commit-hash.ts'
import { identityOf } from '../stream-config.ts'
import { publishApproval } from './announce.ts'
import type { AdminConnection } from './connection.ts'
import { expectedConfig, findDrift, type LogSpec, settingsIn } from './provision.ts'
import { readVouched, type VouchedPosition, writeVouched } from './vouched-position.ts'

/** The guard does not let anybody write; `reason` is for people and names what is wrong. */
export const GuardRefused = defineError(
  'log.guard_refused',
  'illegal_state',
  (d: { stream: string; reason: string }) => `the guard keeps ${d.stream} closed: ${d.reason}`,
)

export interface GuardOptions extends LogSpec {
  /** Where the vouched position is kept: outside of the server's own directory. */
  readonly vouchFile: string
}

/**
 * Compares what a server holds with the last vouched position, reads everything after it, and then
 * approves the server: until that, nobody appends (ARCHITECTURE, section 2). Throws
 * `log.guard_refused`; nothing was changed then.
 */
export async function approveServer(
  admin: AdminConnection,
  options: GuardOptions,
): Promise<Approval> {
  const { stream, vouchFile } = options
  const refused = (reason: string): Error => GuardRefused({ stream, reason })
  const serverId = admin.serverId()
  if (serverId === undefined) throw refused('not connected to NATS')

  const drift = await findDrift(admin, await expectedConfig(admin, options))
  if (drift.length > 0) throw refused(`its configuration has changed (${settingsIn(drift)})`)
  const { config, state } = await admin.link.api.streamInfo(stream)
  const identity = identityOf(config)
  if (identity.lineageId !== options.lineageId || identity.generation !== options.generation)
    throw refused('it is another log')
  const last = BigInt(state.last_seq)
  const isWhole =
    last === 0n
      ? state.messages === 0
      : state.first_seq === 1 && BigInt(state.messages) === last && !state.num_deleted
  if (!isWhole) throw refused(`it has holes (${state.messages} of ${last} commits)`)

  const vouched = await readVouched(vouchFile)
  if (vouched) await compare(admin, vouched, last, options)
  const position = await readTail(admin, options, vouched?.sequence ?? 0n, last)

  // The server may have been replaced while it was read; then it is not this one we looked at.
  if (admin.serverId() !== serverId) throw refused('the server changed meanwhile')
  await writeVouched(vouchFile, position)
  const approval: Approval = {
    stream,
    ...identity,
    serverIds: [serverId],
    allowsBatches: config['allow_atomic'] === true,
    durability: 'log',
    sequence: position.sequence,
    approvedAtUnixMs: Date.now(),
  }
  await publishApproval(admin, options, approval)
  return approval
}

async function compare(
  admin: AdminConnection,
  vouched: VouchedPosition,
  last: bigint,
  options: GuardOptions,
): Promise<void> {
  const { stream } = options
  const refused = (reason: string): Error => GuardRefused({ stream, reason })
  if (
    vouched.stream !== stream ||
    vouched.lineageId !== options.lineageId ||
    vouched.generation !== options.generation
  )
    throw refused('the vouched position is that of another log')
  if (last < vouched.sequence)
    throw refused(`it ends at ${last}, but commit ${vouched.sequence} was acknowledged`)
  if (vouched.sequence === 0n) return
  const stored = await admin.link.api.message(stream, vouched.sequence)
  if (!stored || Buffer.from(commitHash(stored)).toString('hex') !== vouched.hash)
    throw refused(`commit ${vouched.sequence} is not the one it was`)
}

/** Reads every commit after `after`: damage that the server's own counts do not show ends here. */
async function readTail(
  admin: AdminConnection,
  options: GuardOptions,
  after: bigint,
  last: bigint,
): Promise<VouchedPosition> {
  const { stream, lineageId, generation } = options
  const refused = (reason: string): Error => GuardRefused({ stream, reason })
  let position = after
  let hash = ''
  if (after > 0n) {
    const stored = await admin.link.api.message(stream, after)
    if (!stored) throw refused(`commit ${after} is missing`)
    hash = Buffer.from(commitHash(stored)).toString('hex')
  }
  while (position < last) {
    const messages = await admin.link.api.messagesFrom(stream, position + 1n)
    if (messages.length === 0) throw refused(`commit ${position + 1n} is missing`)
    for (const message of messages) {
      if (message.sequence !== position + 1n) throw refused(`commit ${position + 1n} is missing`)
      try {
        if (decodeCommit(message).lineageId !== lineageId)
          throw refused(`commit ${message.sequence} belongs to another log`)
      } catch (error) {
        if (GuardRefused.is(error)) throw error
        throw GuardRefused({ stream, reason: `commit ${message.sequence} is damaged` }, error)
      }
      position = message.sequence
      hash = Buffer.from(commitHash(message)).toString('hex')
      if (position === last) break
    }
  }
  return { stream, lineageId, generation, sequence: position, hash }
}

/** Moves the vouched position to the end of the log. One small fsync; call it every second or so. */
export async function vouch(admin: AdminConnection, options: GuardOptions): Promise<bigint> {
  const vouched = await readVouched(options.vouchFile)
  const after = vouched?.sequence ?? 0n
  const { state } = await admin.link.api.streamInfo(options.stream)
  const last = BigInt(state.last_seq)
  if (last < after)
    throw GuardRefused({
      stream: options.stream,
      reason: `it ends at ${last}, but commit ${after} was acknowledged`,
    })
  if (last === after) return after
  const position = await readTail(admin, options, after, last)
  await writeVouched(options.vouchFile, position)
  return position.sequence
}
