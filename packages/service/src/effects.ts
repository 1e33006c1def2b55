import { defineError } from '@holdfast/errors'
import type { MethodTable } from '@holdfast/proto'
import type { Handlers } from './types.ts'

/**
 * Whether an instance acts beyond itself. A scratch instance, for a drill or for a look at the past, does not: it reads
 * and answers, tells nobody anything, changes nothing elsewhere and is nobody's control plane.
 */
export const effectChoices = ['on', 'off'] as const
export type Effects = (typeof effectChoices)[number]

export const EffectsOff = defineError(
  'instance.effects_off',
  'illegal_state',
  () =>
    'This is a scratch instance (HOLDFAST_EFFECTS=off): it sends nothing, removes nothing elsewhere and admits no node.',
)

/** What people see of it, everywhere. */
export const effectsOffNotice =
  'a scratch instance (HOLDFAST_EFFECTS=off): it sends nothing, pushes nothing, fires no schedule and admits no node'

/** Methods that act outside at once; what works by itself asks `App.onEffect`. */
export const outwardMethods: ReadonlySet<string> = new Set([
  '/holdfast.auth.v1.EnrolmentService/CreateEnrolmentToken',
  '/holdfast.auth.v1.EnrolmentService/RedeemEnrolmentToken',
  '/holdfast.auth.v1.EnrolmentService/RenewNodeIdentity',
  '/holdfast.auth.v1.SubscriberService/CreateSubscriber',
  '/holdfast.auth.v1.SubscriberService/RotateSubscriber',
  '/holdfast.notify.v1.AlertService/TestMail',
  '/holdfast.notify.v1.WebhookService/TestWebhook',
  '/holdfast.notify.v1.WebhookService/ReplayDeliveries',
  '/holdfast.backup.v1.BackupService/CreateBackup',
  '/holdfast.backup.v1.BackupService/DeleteBackup',
  '/holdfast.backup.v1.RestoreJobService/RunRestoreJob',
  '/holdfast.backup.v1.RestoreJobService/ContinueRestoreJob',
  '/holdfast.backup.v1.StorageService/TestStorageLocation',
])

/** The same handlers, those of outward methods refused. */
export function withoutEffects<T extends MethodTable>(
  table: T,
  handlers: Handlers<T>,
): Handlers<T> {
  const refused = Object.entries(table)
    .filter(([, { path }]) => outwardMethods.has(path))
    .map(([name]) => [name, () => Promise.reject(EffectsOff({}))])
  return { ...handlers, ...Object.fromEntries(refused) }
}
