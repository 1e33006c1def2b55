import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { Logger } from '@holdfast/telemetry'
import { ImportInterrupted } from '../snapshots/snapshot-errors.ts'
import type { ImportFiles } from './import-files.ts'
import {
  claimImport,
  endImport,
  endLostImports,
  forgetImports,
  type ImportEnd,
  type ImportLease,
  importRow,
  keepAlive,
  keptFiles,
} from './import-store.ts'
import { ImportLost, type ImportParts, type ImportRun, runImport } from './run-import.ts'

/** Imports under way in this process. */
export interface ImportRuns {
  /** False: it is running, or over. Answers when it is claimed; the run goes on by itself. */
  begin(id: string, run: Omit<ImportRun, 'lease' | 'signal' | 'path'>): Promise<boolean>
  start(): void
  /** Ends what runs: it is interrupted, and can be run again. */
  stop(): Promise<void>
}

/** The run of a process that was killed is told as interrupted after that long. */
const usualLeaseMs = 10_000

const lost = ImportInterrupted({ why: 'the service that ran it ended' })

class Stopped extends Error {
  override readonly name = 'Stopped'
}

export function importRuns(
  parts: ImportParts & {
    readonly files: ImportFiles
    readonly logger: Logger
    readonly leaseMs?: number
  },
): ImportRuns {
  const { postgres, logger, files, leaseMs = usualLeaseMs } = parts
  const holder = newId<string>()
  const running = new Map<string, { readonly end: AbortController; readonly done: Promise<void> }>()
  let timer: NodeJS.Timeout | undefined

  async function serve(
    lease: ImportLease,
    asked: Omit<ImportRun, 'lease' | 'signal' | 'path'>,
    end: AbortController,
  ): Promise<void> {
    const heart = setInterval(() => {
      keepAlive(postgres, lease).then(
        (isOurs) => isOurs || end.abort(new ImportLost('the import is not ours any more')),
        () => undefined, // the next beat, or the lease runs out and it is told as interrupted
      )
    }, leaseMs / 3)
    const run = { ...asked, lease, path: files.path(lease.id), signal: end.signal }
    try {
      await runImport(parts, run)
      await conclude(lease, { state: 'completed' }, asked.wish.isDryRun)
    } catch (error) {
      if (error instanceof ImportLost) logger.warn({ importId: lease.id }, error.message)
      else await conclude(lease, await endFor(lease, error), true)
    } finally {
      clearInterval(heart)
    }
  }

  /** What a run ended by is told: nothing was written, or something may have been. */
  async function endFor({ id }: ImportLease, error: unknown): Promise<ImportEnd> {
    const row = await importRow(postgres, id)
    const state = row?.rollbackSequence === undefined ? 'failed' : 'interrupted'
    if (error instanceof DomainError) {
      logger.info({ err: error, importId: id }, 'an import ended early')
      return { state, failureCode: error.code, failureDetail: explained(error) }
    }
    const isStopped = error instanceof Stopped
    if (!isStopped) logger.error({ err: error, importId: id }, 'an import failed')
    const told = ImportInterrupted({
      why: isStopped ? 'the service was stopped' : 'something went wrong, and its log says what',
    })
    return { state, failureCode: told.code, failureDetail: told.message }
  }

  async function conclude(lease: ImportLease, end: ImportEnd, keepsFile: boolean): Promise<void> {
    await endImport(postgres, lease, end, keepsFile)
    if (!keepsFile) await files.remove(lease.id)
  }

  async function sweep(): Promise<void> {
    for (const id of await endLostImports(postgres, [...running.keys()], lost)) {
      logger.warn({ importId: id }, 'an import was interrupted by the end of its process')
    }
    await forgetImports(postgres)
    await files.sweep(() => keptFiles(postgres))
  }

  return {
    async begin(id, asked) {
      const lease = { id, holder, leaseMs }
      if (running.has(id) || !(await claimImport(postgres, lease, asked.wish))) return false
      const end = new AbortController()
      const done = serve(lease, asked, end)
        .catch((error: unknown) => {
          logger.error({ err: error, importId: id }, 'how an import ended could not be noted')
        })
        .finally(() => running.delete(id))
      running.set(id, { end, done })
      return true
    },

    start() {
      const again = (): void => {
        sweep().catch((error: unknown) =>
          logger.warn({ err: error }, 'imports are not looked after'),
        )
      }
      again()
      timer = setInterval(again, leaseMs)
    },

    async stop() {
      clearInterval(timer)
      for (const { end } of running.values()) end.abort(new Stopped('the service stops'))
      await Promise.all([...running.values()].map(({ done }) => done))
    },
  }
}

const explained = ({ fields, message }: DomainError): string =>
  fields.length === 0
    ? message
    : fields
        .slice(0, 5)
        .map(({ field, detail }) => `${field} ${detail}`)
        .join('; ')
