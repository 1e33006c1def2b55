import { isUuid } from '@holdfast/domain'
import {
  keyset,
  type Page,
  type PageWish,
  type Postgres,
  type Queryable,
  type ReadScope,
  relation,
  sql,
  toPage,
} from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { sealedFrom } from '../codecs/sealed.ts'
import { webhookSettingsFrom } from '../codecs/webhook-codec.ts'
import type { Sealed } from '../domain/sealed.ts'
import type { WebhookSettings } from '../domain/webhook.ts'

export interface WebhookView {
  readonly id: string
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly settings: WebhookSettings
  readonly suspendedBecause: string
  readonly createdAtUnixMs: number
  readonly updatedAtUnixMs: number
  readonly revision: bigint
}

/** What is sealed, and how long the old one signs along. */
export interface WebhookSecrets {
  readonly secret: Sealed
  readonly oldSecret: Sealed | undefined
  readonly oldUntilUnixMs: number
}

interface WebhookRow {
  readonly webhook_id: string
  readonly organization_id: string | null
  readonly name: string
  readonly name_key: string
  readonly settings: Buffer
  readonly suspended_because: string
  readonly created_at_unix_ms: bigint
  readonly updated_at_unix_ms: bigint
  readonly revision: bigint
}

const columns = sql`webhook_id, organization_id, name, name_key, settings, suspended_because,
  created_at_unix_ms, updated_at_unix_ms, revision`

const toView = (row: WebhookRow): WebhookView => ({
  id: row.webhook_id,
  organizationId: row.organization_id ?? '',
  settings: webhookSettingsFrom(holdfast.notify.v1.WebhookSettings.decode(row.settings)),
  suspendedBecause: row.suspended_because,
  createdAtUnixMs: Number(row.created_at_unix_ms),
  updatedAtUnixMs: Number(row.updated_at_unix_ms),
  revision: row.revision,
})

const from = ({ at }: ReadScope) => sql`${relation('notify', 'webhooks', at)} w`

/** Webhooks of that id, or of that name regardless of case; the exact spelling wins. At most 20. */
export async function matchWebhooks(
  postgres: Postgres,
  scope: ReadScope,
  idOrName: string,
): Promise<readonly WebhookView[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<WebhookRow>(sql`
      select ${columns} from ${from(scope)}
      where ${isUuid(idOrName) ? sql`webhook_id = ${idOrName}::uuid` : sql`name_key = ${idOrName.toLowerCase()}`}
      order by name_key, webhook_id limit 20`),
  )
  const exact = rows.filter(({ name }) => name === idOrName)
  return (exact.length > 0 ? exact : rows).map(toView)
}

export async function listWebhooks(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
  page: PageWish,
): Promise<Page<WebhookView>> {
  const { where, tail } = keyset(page, sql`name_key`, sql`webhook_id`)
  const rows = await postgres.read(scope, (tx) =>
    tx.query<WebhookRow>(sql`
      select ${columns} from ${from(scope)}
      where ${where}
        and ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
      ${tail}`),
  )
  const found = toPage(rows, page, (row) => ({ key: row.name_key, id: row.webhook_id }))
  return { rows: found.rows.map(toView), nextCursor: found.nextCursor }
}

/** Those of an organization that have one of these names, regardless of case. */
export async function webhooksNamed(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
  names: readonly string[],
): Promise<readonly WebhookView[]> {
  const keys = [...new Set(names.map((name) => name.normalize('NFC').toLowerCase()))]
  const rows = await postgres.read(scope, (tx) =>
    tx.query<WebhookRow>(sql`
      select ${columns} from ${from(scope)}
      where organization_id = ${organizationId}::uuid and name_key = any (${keys}::text[])
      order by name_key, webhook_id`),
  )
  return rows.map(toView)
}

/** All of them, as they were after a sequence; undefined: as they are. For this service itself. */
export async function allWebhooks(
  tx: Queryable,
  at: bigint | undefined,
): Promise<readonly WebhookView[]> {
  const rows = await tx.query<WebhookRow>(
    sql`select ${columns} from ${relation('notify', 'webhooks', at)} w`,
  )
  return rows.map(toView)
}

/** One with its secrets, to deliver to. */
export async function webhookToCall(
  tx: Queryable,
  id: string,
): Promise<(WebhookView & WebhookSecrets) | undefined> {
  const [row] = await tx.query<
    WebhookRow & { secret: Buffer; old_secret: Buffer | null; old_until_unix_ms: bigint | null }
  >(sql`
    select ${columns}, secret, old_secret, old_until_unix_ms from notify.webhooks
    where webhook_id = ${id}::uuid`)
  if (!row) return undefined
  const secret = sealedOf(row.secret)
  if (!secret) return undefined
  return {
    ...toView(row),
    secret,
    oldSecret: row.old_secret ? sealedOf(row.old_secret) : undefined,
    oldUntilUnixMs: Number(row.old_until_unix_ms ?? 0),
  }
}

const sealedOf = (bytes: Buffer): Sealed | undefined =>
  sealedFrom(holdfast.log.v1.Sealed.decode(bytes))
