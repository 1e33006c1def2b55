import { compensators } from '../restores/compensators.ts'
import { openRestores } from '../restores/open-restores.ts'
import { rollbackPoint } from '../restores/rollback-point.ts'
import { openWork } from '../work/work.ts'
import { openProcess } from './open-process.ts'
import { playedSigner } from './played-signer.ts'
import { playedServices } from './played-things.ts'
import { withRestorePauses } from './restore-pauses.ts'
import {
  type RestoreProcessWish,
  testLeaseMs,
  testPollMs,
  testRetryMs,
} from './restore-process-wish.ts'

// What makes plans and carries out restores, as a process of its own that a test can kill. It says each point as it comes
// to it and waits for a line: nothing goes on that the test has not let through.

const wish = JSON.parse(process.env['RESTORES'] ?? '{}') as RestoreProcessWish // as: the test writes it
const { telemetry, postgres, log } = await openProcess(wish)
const work = openWork({ telemetry })
const { archiveDir } = wish

const waiting: (() => void)[] = []
process.stdin.on('data', () => waiting.shift()?.())
async function pause(point: string): Promise<void> {
  const passed = new Promise<void>((resolve) => waiting.push(resolve))
  process.stdout.write(`${point}\n`)
  await passed
}

const parts = withRestorePauses(
  {
    log,
    compensators: compensators(playedServices(log)),
    takeRollbackPoint: rollbackPoint({
      ...{ log, work, archiveDir },
      proofs: playedSigner(log),
      now: Date.now,
    }),
  },
  pause,
)
openRestores({
  ...parts,
  ...{ postgres, telemetry },
  leaseMs: testLeaseMs,
  retryMs: testRetryMs,
  pollMs: testPollMs,
  catchUpToHead: () => Promise.resolve(),
  now: Date.now,
}).start()
process.stdout.write('ready\n')
