import { type Approval, approvalHint, approvalSubject, encodeApproval } from '../approval.ts'
import { type Ingest, ingestSubject } from '../ingest.ts'
import { refusalIn } from '../jetstream-api.ts'
import { encodeSafeSignal, type SafeSignal, safeSubject } from '../safe-signal.ts'
import type { AdminConnection } from './connection.ts'

const publishTimeoutMs = 5_000

/**
 * Stores an approval, or a refusal, and hints that there is one. Resolves when it is stored. Rejects
 * with what the server refused it for, or when it did not answer in 5 s.
 */
export async function publishApproval(
  admin: AdminConnection,
  { ingest }: { readonly ingest: Ingest },
  approval: Approval,
): Promise<void> {
  const subject = ingestSubject(ingest.token('guard'), approvalSubject)
  const answer = await admin.link.requests.ask(subject, encodeApproval(approval), {
    timeoutMs: publishTimeoutMs,
  })
  const refusal = refusalIn(JSON.parse(Buffer.from(answer.data).toString('utf8')))
  if (refusal) throw refusal
  admin.link.requests.tell(approvalHint, new Uint8Array())
}

/**
 * Tells services and nodes how far the log is safe. Nobody confirms it; without a connection it is
 * dropped, because the next one says the same and more.
 */
export function publishSafe(
  admin: AdminConnection,
  { ingest }: { readonly ingest: Ingest },
  signal: SafeSignal,
): void {
  const { requests } = admin.link
  if (!requests.isUp) return
  const bytes = encodeSafeSignal(signal)
  requests.tell(safeSubject(ingest, 'services'), bytes)
  requests.tell(safeSubject(ingest, 'nodes'), bytes)
}
