import { idFrom, type OrganizationId } from '@holdfast/domain'
import { parsePage } from '@holdfast/postgres'
import { type Call, Fields } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  exists,
  inTurns,
  type Note,
  noted,
  type Outcome,
  oneNamed,
  promiseOf,
  stepContext,
  unchanged,
} from '@holdfast/snapshot'
import { webhooks } from '../commands/aggregates.ts'
import { createWebhook, updateWebhook } from '../commands/change-webhooks.ts'
import { isSameSettings, type WebhookSettings } from '../domain/webhook.ts'
import { checkUrl } from '../grpc/webhook-parse.ts'
import { listWebhooks, webhooksNamed } from '../queries/webhooks.ts'
import { maxPage, type SnapshotParts } from './parts.ts'
import { originOf, readWebhook, type WebhookWish, webhookFields, webhookRecord } from './records.ts'

const contributor = 'notify.webhooks'

const madeDisabled: Note = {
  code: 'notify.webhook_made_disabled',
  detail:
    'is disabled and has a new secret, and its address ends with the host: set the address, rotate the secret and enable it',
}
const addressKept: Note = {
  code: 'notify.webhook_address_kept',
  detail: 'keeps its address, which is of another host here',
}

interface Existing {
  readonly id: string
  readonly settings: WebhookSettings
}

/** Webhooks of an organization, without what would let anybody call or speak for them. */
export function webhooksContributor(parts: SnapshotParts): Contributor {
  const { postgres, egress, webhooks: tools } = parts
  const scopeOf = (organizationId: string, at?: bigint) => ({
    organizations: [organizationId as OrganizationId], // as: checked by backup, and by the caller's permission
    ...(at === undefined ? {} : { at }),
  })

  async function carryOut(
    index: number,
    wish: WebhookWish,
    known: Existing[],
    batch: Batch,
    call: Call,
  ): Promise<Outcome> {
    const { organizationId, isDryRun } = batch
    const { name } = wish.settings
    const promise = promiseOf('webhook', name)
    const existing = oneNamed(known, name, (one) => one.settings.name)
    const commandId = commandIdOf(batch.importId, contributor, organizationId, index)
    const id = idFrom<string>(commandId, 'webhook')
    const created: Outcome = noted({ outcome: 'created', name, promise }, [madeDisabled])
    if (existing?.id === id) return created
    if (existing && !batch.overwritesExisting) return exists(name, promise)
    if (existing) {
      const { name: _, url, isEnabled, ...others } = wish.settings
      // What is on here may be turned off, and not the other way round.
      const changes = isEnabled ? others : { ...others, isEnabled }
      const next = { ...existing.settings, ...changes }
      const isElsewhere = originOf(url) !== originOf(existing.settings.url)
      const notes = isElsewhere ? [addressKept] : []
      if (isSameSettings(existing.settings, next)) return unchanged(name, promise)
      if (!isDryRun) {
        const { state } = await tools.log.fold(webhooks, existing.id, call.signal)
        const context = stepContext(call, batch, contributor, index, `overwrite ${existing.id}`)
        await updateWebhook(tools, existing.id, state, changes, context)
      }
      known.splice(known.indexOf(existing), 1, { id: existing.id, settings: next })
      return noted({ outcome: 'updated', name, promise }, notes)
    }
    const fields = new Fields()
    await checkUrl(egress, wish.settings.url, fields, call.signal)
    fields.check()
    const settings = { ...wish.settings, isEnabled: false }
    if (!isDryRun) {
      const context = stepContext(call, batch, contributor, index)
      await createWebhook(tools, organizationId, settings, undefined, context)
    }
    known.push({ id, settings })
    return created
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'automation',
    after: ['auth.sites'],
    readsMajors: [],
    fields: webhookFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const page = parsePage(limit, cursor, maxPage)
      const scope = scopeOf(organizationId, sequence)
      const { rows, nextCursor } = await listWebhooks(postgres, scope, organizationId, page)
      return { records: rows.map(({ settings }) => webhookRecord(settings)), nextCursor, sequence }
    },

    async contribute(records, batch, call) {
      const { organizationId } = batch
      const reads = records.map(({ index, record }) => ({ index, read: readWebhook(record) }))
      let known: Existing[] = []
      if (organizationId !== '') {
        await parts.caughtUp()
        const names = reads.map(({ read }) => read.name)
        known = [...(await webhooksNamed(postgres, scopeOf(organizationId), organizationId, names))]
      }
      return await inTurns(
        reads,
        ({ settings }) => [settings.name],
        (index, wish) => carryOut(index, wish, known, batch, call),
      )
    },
  }
}
