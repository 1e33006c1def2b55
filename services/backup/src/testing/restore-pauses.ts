import type { EventLog } from '@holdfast/event-log'
import type { Compensators } from '../restores/changes.ts'
import type { OpenRestoresParts } from '../restores/open-restores.ts'

/** Before each point at which a plan or a restore may be cut off; rejects to fail there. */
export type RestorePause = (point: string) => Promise<void>

/** Points, in the order of a restore. */
export const restorePoints = [
  'rollback',
  'rollback-taken',
  'start',
  'started',
  'network.remove',
  'network.remove-page',
  'auth.remove',
  'auth.bring',
  'auth.bring-page',
  'network.bring',
  'network.bring-page',
  'complete',
  'completed',
] as const

/** The same parts, with a pause wherever they may be cut off. */
export function withRestorePauses<
  P extends Pick<OpenRestoresParts, 'log' | 'compensators' | 'takeRollbackPoint'>,
>(parts: P, pause: RestorePause): P {
  const { log, compensators, takeRollbackPoint } = parts
  return {
    ...parts,
    log: {
      ...{ fold: log.fold.bind(log), safeHead: log.safeHead.bind(log), read: log.read.bind(log) },
      execute: (async (aggregate, id, command, context) => {
        const { type } = command as unknown as { readonly type: string } // as: commands of restores have one
        const point = { StartRestore: 'start', CompleteRestore: 'complete', FailRestore: 'fail' }[
          type
        ]
        if (point) await pause(point)
        const outcome = await log.execute(aggregate, id, command, context)
        if (point)
          await pause(point === 'start' ? 'started' : point === 'fail' ? 'failed' : `${point}d`)
        return outcome
      }) satisfies EventLog['execute'],
    },
    async takeRollbackPoint(signal) {
      await pause('rollback')
      const taken = await takeRollbackPoint(signal)
      await pause('rollback-taken')
      return taken
    },
    compensators: {
      check: compensators.check,
      async *plan(service, scope, headSequence, signal) {
        await pause(`plan.${service}`)
        for await (const page of compensators.plan(service, scope, headSequence, signal)) {
          yield page
          await pause(`plan.${service}-page`)
        }
      },
      async *apply(step, scope, headSequence, cause, signal) {
        const at = `${step.service}.${step.phase}`
        await pause(at)
        for await (const page of compensators.apply(step, scope, headSequence, cause, signal)) {
          // What services did, and nobody was told.
          await pause(`${at}-page`)
          yield page
        }
      },
    } satisfies Compensators,
  }
}
