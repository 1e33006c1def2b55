import type { TestNats } from '@holdfast/testkit'
import { publishApproval, publishSafe, type Refusal, type WriteState } from '../admin/index.ts'

/** Says what a test wants said, in place of the engine of packages/log-guard. Keeps nothing. */
export interface FakeArchiver {
  /** How far the archive has come. */
  archived: bigint
  writes: WriteState
  reason: string
  /** Whether it is heard at all. */
  isHeard: boolean
  /** Says at once what it says every 50 ms anyway. */
  say(): void
  approve(sequence?: bigint): Promise<void>
  refuse(refusal: Refusal): Promise<void>
  stop(): void
}

/** For a server that nobody else guards. */
export async function fakeArchiver(nats: TestNats): Promise<FakeArchiver> {
  const { admin, stream, lineageId } = nats
  const { ingest } = nats.identities
  let approvedAt = Date.now()
  const word = { stream, lineageId, generation: 1, allowsBatches: true } as const
  const archiver: FakeArchiver = {
    archived: 0n,
    writes: 'open',
    reason: '',
    isHeard: true,
    say() {
      const { archived: sequence, writes, reason, isHeard } = archiver
      if (isHeard) publishSafe(admin, { ingest }, { stream, sequence, writes, reason })
    },
    async approve(sequence = archiver.archived) {
      await publishApproval(
        admin,
        { ingest },
        {
          ...word,
          serverIds: [nats.server.serverId],
          durability: 'log+archive',
          sequence,
          approvedAtUnixMs: approvedAt++,
        },
      )
    },
    async refuse(refusal) {
      await publishApproval(
        admin,
        { ingest },
        {
          ...word,
          serverIds: [],
          durability: 'log+archive',
          sequence: archiver.archived,
          approvedAtUnixMs: approvedAt++,
          refusal,
        },
      )
    },
    stop: () => clearInterval(timer),
  }
  const timer = setInterval(() => archiver.say(), 50)
  return archiver
}
