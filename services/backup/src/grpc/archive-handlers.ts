import { invalid } from '@holdfast/errors'
import type { LogKeeper, Trusted } from '@holdfast/log-guard'
import type { ArchiveService } from '@holdfast/proto'
import { AccessDenied, type Call, type Handlers, type Permission } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'
import { printState, printVerification } from './print-state.ts'

export interface ArchiveParts {
  /** Resolves once the guard is at work; rejects with the signal's reason. */
  keeper(signal: AbortSignal): Promise<Pick<LogKeeper, 'state' | 'verify' | 'repair'>>
  readonly log: Logger
}

/** State and repair of log and archive: none of it needs a log that can be written to. */
export const archiveHandlers = ({
  keeper,
  log,
}: ArchiveParts): Handlers<typeof ArchiveService> => ({
  async getLogState(_request, call) {
    forTheInstance(call, 'backup.archive.read')
    return { state: printState((await keeper(call.signal)).state()) }
  },

  async verifyLog(_request, call) {
    forTheInstance(call, 'backup.archive.read')
    return printVerification(await (await keeper(call.signal)).verify())
  },

  async repairLog({ firstBadSequence, trusted }, call) {
    forTheInstance(call, 'backup.archive.repair')
    const decision = { firstBad: BigInt(firstBadSequence), trusted: parseTrusted(trusted) }
    const guard = await keeper(call.signal)
    // The log cannot tell of it: it takes no commit at that moment.
    log.warn({ firstBadSequence, trusted, actor: call.caller.actor }, 'a repair is asked for')
    return { state: printState(await guard.repair(decision)) }
  },
})

/** The archive is that of all organizations. */
function forTheInstance({ caller }: Call, permission: Permission): void {
  if (caller.organizations(permission) !== '*') throw AccessDenied({ permission })
}

function parseTrusted(text: string): Trusted {
  if (text === 'archive' || text === 'log') return text
  throw invalid({ field: 'trusted', code: 'one_of', detail: 'must be archive or log' })
}
