import { hmacSha256, type RootKey } from '@holdfast/crypto'
import { type CommandId, idFrom, type OrganizationId, type UserId } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { organizations } from './aggregates.ts'
import { type CreateUser, generatePassword } from './create-user.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import { stepOf } from './steps.ts'

export interface SeedWish {
  readonly username: string
  readonly email: string
  readonly password: string | undefined
  readonly organizationName: string
}

export interface Seeded {
  readonly isCreated: boolean
  readonly userId: UserId
  readonly organizationId: OrganizationId | undefined
  readonly generatedPassword: string | undefined
  readonly sequence: bigint | undefined
}

/** What the read models know before seeding, up to date with the log. */
export interface SeedState {
  readonly superAdmins: readonly UserId[]
  readonly organizations: readonly { readonly id: OrganizationId; readonly name: string }[]
}

/** The call to seed. Its command is asked for only when there is something to do: a closed log refuses commands. */
export interface SeedCall {
  readonly commandId: CommandId
  readonly signal: AbortSignal
  command(): CommandContext
}

export interface SeedParts {
  readonly log: EventLog
  readonly createUser: CreateUser
  readonly readState: (signal: AbortSignal | undefined) => Promise<SeedState>
  readonly rootKey: RootKey
  readonly locks: OneAtATime
}

/**
 * The first super-admin and organization; nothing when a super-admin exists.
 *
 * Safe to repeat after any crash: an organization of that name is used again, a name whose user was never
 * created is taken over, and user and role are one commit. A generated password follows from the command
 * id under a key derived from the root key, so the supervisor, which keeps the id until it has printed the
 * password, gets it again when the answer was lost. Nobody else may call this.
 */
export function adminSeeder(parts: SeedParts) {
  const { log, createUser, readState, rootKey, locks } = parts

  return (wish: SeedWish, call: SeedCall): Promise<Seeded> =>
    locks.run(['super-admins'], async () => {
      const state = await readState(call.signal)
      const userId = idFrom<UserId>(call.commandId, 'user')
      const [first] = state.superAdmins
      const isRepeated = state.superAdmins.includes(userId)
      const organizationId = state.organizations.find(
        ({ name }) => name === wish.organizationName,
      )?.id
      const generated =
        wish.password === undefined
          ? generatePassword(hmacSha256(rootKey.derive('seed password'), call.commandId))
          : undefined
      if (first !== undefined && !isRepeated) {
        return {
          isCreated: false,
          userId: first,
          organizationId,
          generatedPassword: undefined,
          sequence: undefined,
        }
      }

      const context = call.command()
      const organization = organizationId ?? (await createOrganization(log, wish, context))
      const { sequence } = await createUser(
        {
          username: wish.username,
          email: wish.email,
          displayName: wish.username,
          password: wish.password ?? generated,
          bindings: [{ role: 'SUPER_ADMIN' }],
        },
        context,
      )
      return {
        isCreated: true,
        userId,
        organizationId: organization,
        generatedPassword: generated,
        sequence,
      }
    })
}

async function createOrganization(
  log: EventLog,
  { organizationName }: SeedWish,
  context: CommandContext,
): Promise<OrganizationId> {
  const id = idFrom<OrganizationId>(context.commandId, 'organization')
  const step = stepOf(context, 'create organization')
  await log.execute(
    organizations,
    id,
    { type: 'CreateOrganization', id, name: organizationName, description: '' },
    { ...step, organizationId: id },
  )
  return id
}
