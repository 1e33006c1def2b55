import type { Logger } from '@holdfast/telemetry'
import type { SavedFold, TakenCommit } from '../state/saved-fold.ts'

/** Which part of the log; also the names of their readers in metrics. */
export const feedNames = ['interfaces', 'node', 'rules'] as const
export type FeedName = (typeof feedNames)[number]

export interface FeedPosition {
  /** The last commit taken; 0 when there was none. */
  readonly sequence: bigint
  readonly hash: Uint8Array | undefined
}

/** A part of the log with a position of its own. */
export interface Feed {
  readonly name: FeedName
  readonly filter: string
  /** Exact name of its consumer: permissions are given to it. */
  readonly consumer: string
  /** Where to go on. Asked after every failure. */
  position(): FeedPosition | Promise<FeedPosition>
  /**
   * Takes commits in, in order. Rejects when one cannot be obeyed; what came before it holds. It resolves
   * whether or not the disk takes them: what is known is enforced.
   */
  take(commits: readonly TakenCommit[]): Promise<void>
  /** What stood in the log at the start has been handed over: from now on a commit counts at once. */
  caughtUp(): void
}

/**
 * What comes before `caughtUp` is history: enforcing a state of the past could let in who is turned away
 * since. So `onChange` is called for it once, at its end, and then with every commit.
 */
export function savedFeed(options: {
  readonly name: FeedName
  readonly filter: string
  readonly consumer: string
  readonly saved: Pick<SavedFold<{ sequence: bigint }>, 'state' | 'position' | 'take' | 'caughtUp'>
  /** `isReplaced`: nothing of what was in force has to be in what is now. */
  readonly onChange: (isReplaced: boolean) => void
  readonly log: Logger
}): Feed {
  const { saved, onChange, log, name, filter, consumer } = options
  let isLive = false
  return {
    name,
    filter,
    consumer,
    position() {
      isLive = false
      return saved.position()
    },
    async take(commits) {
      const before = saved.state.sequence
      let saving: Promise<void>
      try {
        saving = saved.take(commits)
      } catch (error) {
        if (saved.state.sequence > before) onChange(false) // what came before the culprit holds
        throw error
      }
      if (isLive) onChange(false)
      await saving.catch((error: unknown) => {
        // The next commit, and `settled`, try the disk again.
        log.error({ err: error, feed: name }, 'the desired state cannot be saved')
      })
    },
    caughtUp() {
      const isReplaced = saved.caughtUp()
      isLive = true
      onChange(isReplaced)
    },
  }
}

/** The interfaces of a node. */
export const interfaceFilter = (nodeId: string): string => `evt.network.interface.${nodeId}.>`
/** The node itself. */
export const nodeFilter = (nodeId: string): string => `evt.network.node.${nodeId}`
/** The rule set of its organization. */
export const rulesFilter = (organizationId: string): string =>
  `evt.rules.rule_set.${organizationId}`
