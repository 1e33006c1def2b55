import { randomBytes } from 'node:crypto'
import type { CommandId } from '@holdfast/domain'
import type { Actor, CommandContext, EventLog } from '@holdfast/event-log'
import { type Rotation, signer, signRotation, verifierKey } from '@holdfast/merkle'
import { type Postgres, sql } from '@holdfast/postgres'
import { signingKeyId, signingKeys } from '../commands/aggregates.ts'
import { SigningKeyChanged, SigningKeyMissing } from '../domain/errors.ts'
import { lastCheckpoint } from './checkpoint-store.ts'
import type { KeyFiles } from './key-files.ts'
import { lockSigning } from './sign-checkpoint.ts'
import { readKeys } from './signing-keys.ts'

export interface KeyTools {
  readonly log: Pick<EventLog, 'execute' | 'history' | 'lineageId'>
  readonly postgres: Postgres
  readonly keyFiles: KeyFiles
  /** Of the log now; name of its key. */
  readonly origin: string
}

/** A fresh Ed25519 pair, the private half on disk. */
async function newKey({ keyFiles, origin }: KeyTools): Promise<Uint8Array> {
  const privateKey = new Uint8Array(randomBytes(32))
  const { publicKey } = signer(origin, privateKey).key
  await keyFiles.keep(publicKey, privateKey)
  privateKey.fill(0)
  return publicKey
}

/** Brings the first key, unless somebody else was faster. The log must take writes. */
export async function introduceKey(tools: KeyTools, context: CommandContext): Promise<void> {
  const publicKey = await newKey(tools)
  const command = { type: 'IntroduceSigningKey' as const, publicKey }
  await tools.log.execute(signingKeys, signingKeyId(tools.log.lineageId), command, context)
}

/**
 * Replaces the key: the new one is on disk, then the old one says in writing how far it signed and who follows, and
 * from that moment nothing is signed until the log has the change. A crash in between is finished by
 * `finishKeyChange`: what was put in writing happens. Throws `audit.signing_key_missing` and what the log throws.
 */
export async function changeKey(tools: KeyTools, context: CommandContext): Promise<void> {
  await finishKeyChange(tools)
  await putInWriting(tools, context)
  await finishKeyChange(tools)
}

/** The first half of a change; from then on it happens. */
export async function putInWriting(tools: KeyTools, context: CommandContext): Promise<void> {
  const { log, postgres, keyFiles, origin } = tools
  const keys = await readKeys(log)
  const active = keys.at(-1)
  const privateKey = active && (await keyFiles.find(active.publicKey))
  if (!active || !privateKey) throw SigningKeyMissing({})
  const old = signer(origin, privateKey)
  privateKey.fill(0)
  const newPublicKey = await newKey(tools)
  await postgres.tx(async (tx) => {
    await lockSigning(tx)
    const last = await lastCheckpoint(tx, origin)
    const { statement, signature } = signRotation(
      old,
      verifierKey(origin, newPublicKey),
      last?.size ?? 0n,
    )
    const count = await tx.execute(sql`
      insert into audit.key_changes (command_id, actor, correlation_id, old_public_key,
        new_public_key, statement, signature)
      values (${context.commandId}, ${JSON.stringify(context.actor)}, ${context.correlationId},
        ${active.publicKey}, ${newPublicKey}, ${statement}, ${signature})
      on conflict do nothing`)
    if (count === 0) throw SigningKeyChanged({})
  })
}

interface ChangeRow {
  readonly command_id: string
  readonly actor: Actor
  readonly correlation_id: string
  readonly old_public_key: Buffer
  readonly new_public_key: Buffer
  readonly statement: Buffer
  readonly signature: Buffer
}

/** Carries out a change that was put in writing, if there is one. May be repeated, and by several at once. */
export async function finishKeyChange({ log, postgres }: KeyTools): Promise<void> {
  const [row] = await postgres.query<ChangeRow>(sql`
    select command_id, actor, correlation_id, old_public_key, new_public_key, statement, signature
    from audit.key_changes`)
  if (!row) return
  const rotation: Rotation = {
    statement: new Uint8Array(row.statement),
    signature: new Uint8Array(row.signature),
  }
  try {
    await log.execute(
      signingKeys,
      signingKeyId(log.lineageId),
      {
        type: 'RotateSigningKey',
        from: new Uint8Array(row.old_public_key),
        to: new Uint8Array(row.new_public_key),
        ...rotation,
      },
      {
        commandId: row.command_id as CommandId, // as: written by `changeKey`
        isKeyed: true,
        actor: row.actor,
        correlationId: row.correlation_id,
      },
    )
  } catch (error) {
    // Another key took office before: this change will never happen.
    if (!SigningKeyChanged.is(error)) throw error
    await forget(postgres, row)
    throw error
  }
  await forget(postgres, row)
}

const forget = (postgres: Postgres, { new_public_key }: ChangeRow): Promise<number> =>
  postgres.execute(sql`delete from audit.key_changes where new_public_key = ${new_public_key}`)
