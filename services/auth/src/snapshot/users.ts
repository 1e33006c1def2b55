import { idFrom, type OrganizationId, type UserId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { parsePage } from '@holdfast/postgres'
import type { Call, Caller } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  exists,
  inTurns,
  type Note,
  nameKey,
  noted,
  type Outcome,
  promiseOf,
  stepContext,
  unchanged,
} from '@holdfast/snapshot'
import { EmailTaken } from '../domain/errors.ts'
import { bindingKey, type RoleBinding } from '../domain/role.ts'
import { requireAtLeast } from '../grpc/scope.ts'
import { listUsers, type UserRow, usersCalled } from '../queries/users.ts'
import { maxPage, type SnapshotParts } from './parts.ts'
import { readUser, type UserWish, userFields, userRecord } from './records.ts'

const contributor = 'auth.users'

const locked: Note = {
  code: 'auth.imported_without_password',
  detail:
    'is disabled and has a password nobody knows, for passwords are in no snapshot: give a new one, then enable it',
}

interface Existing {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly isDisabled: boolean
  readonly bindings: readonly RoleBinding[]
}

const existingOf = (row: UserRow): Existing => ({
  id: row.id,
  username: row.username,
  email: row.email,
  isDisabled: row.is_disabled,
  bindings: row.bindings.map(([role, organizationId]) =>
    role === 'SUPER_ADMIN' || organizationId === '*'
      ? { role: 'SUPER_ADMIN' }
      : { role, organizationId },
  ),
})

/** What a page is judged by: everybody it may be about, and those it has made. */
interface People {
  readonly byUsername: Map<string, Existing>
  readonly byEmail: Map<string, Existing>
  /** Asked for once a page, and only where somebody is made. */
  password: Promise<string> | undefined
}

function put({ byUsername, byEmail }: People, one: Existing): void {
  byUsername.set(nameKey(one.username), one)
  byEmail.set(nameKey(one.email), one)
}

/**
 * People of an organization, with their roles in it. Nobody gets in by an import: whom it makes is disabled and has no
 * password anybody knows, and whom it finds is touched only when they are of this organization alone and the importer
 * might do the same by hand.
 */
export function usersContributor(parts: SnapshotParts): Contributor {
  const { postgres, createUser, changeUsers } = parts

  async function overwrite(
    index: number,
    existing: Existing,
    wish: UserWish,
    wanted: readonly RoleBinding[],
    batch: Batch,
    call: Call,
  ): Promise<boolean> {
    const keys = new Set(wanted.map(bindingKey))
    const held = new Set(existing.bindings.map(bindingKey))
    const granted = wanted.filter((one) => !held.has(bindingKey(one)))
    const revoked = existing.bindings.filter((one) => !keys.has(bindingKey(one)))
    // Whoever is disabled stays so: letting somebody in is done by hand.
    const isEnding = wish.isDisabled && !existing.isDisabled
    if (granted.length === 0 && revoked.length === 0 && !isEnding) return false
    if (batch.isDryRun) return true
    const id = existing.id as UserId // as: a row's id
    const context = (step: string) => stepContext(call, batch, contributor, index, `${step} ${id}`)
    if (isEnding) await changeUsers.setDisabled(id, true, context('disable'))
    for (const binding of granted) {
      await changeUsers.grantRole(id, binding, context(`grant ${bindingKey(binding)}`))
    }
    for (const binding of revoked) {
      await changeUsers.revokeRole(id, binding, context(`revoke ${bindingKey(binding)}`))
    }
    return true
  }

  async function carryOut(
    index: number,
    wish: UserWish,
    people: People,
    batch: Batch,
    call: Call,
  ): Promise<Outcome> {
    const { username, email, displayName } = wish
    const { isDryRun, importId } = batch
    const organizationId = batch.organizationId as OrganizationId // as: the caller's permission was asked there
    const promise = promiseOf('user', username)
    const { bindings, notes } = grantable(call.caller, organizationId, wish)
    const created = noted({ outcome: 'created', name: username, promise }, [...notes, locked])

    const commandId = commandIdOf(importId, contributor, organizationId, index)
    const existing = people.byUsername.get(nameKey(username))
    if (existing?.id === idFrom<UserId>(commandId, 'user')) return created
    if (bindings.length === 0) return noRole(username, notes)
    if (existing) {
      const why = protection(existing, organizationId, call.caller)
      if (why)
        return { outcome: 'refused', name: username, code: 'backup.user_protected', detail: why }
      if (!batch.overwritesExisting) return exists(username, promise)
      const isChanged = await overwrite(index, existing, wish, bindings, batch, call)
      if (!isChanged) return unchanged(username, promise)
      const isDisabled = existing.isDisabled || wish.isDisabled
      put(people, { ...existing, bindings, isDisabled })
      return noted({ outcome: 'updated', name: username, promise }, notes)
    }
    if (people.byEmail.has(nameKey(email))) throw EmailTaken({})
    let id = idFrom<UserId>(commandId, 'user')
    if (!isDryRun) {
      people.password ??= parts.unknowablePassword()
      const made = { username, email, displayName, bindings, isDisabled: true, password: undefined }
      const context = stepContext(call, batch, contributor, index)
      const stored = await createUser({ ...made, passwordHash: await people.password }, context)
      id = stored.userId
    }
    put(people, { id, username, email, isDisabled: true, bindings })
    return created
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'users',
    after: [],
    readsMajors: [],
    fields: userFields,

    async collect({ organizationId: id, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const organizationId = id as OrganizationId // as: checked by backup
      const page = parsePage(limit, cursor, maxPage)
      const scope = { organizations: [organizationId], at: sequence }
      const wish = { ...page, organizationId, query: '' }
      const { rows, nextCursor } = await listUsers(postgres, scope, wish)
      const records = rows.map((row) =>
        userRecord({
          username: row.username,
          email: row.email,
          displayName: row.display_name,
          roles: row.bindings.map(([role]) => role),
          isDisabled: row.is_disabled,
        }),
      )
      return { records, nextCursor, sequence }
    },

    async contribute(records, batch, call) {
      const reads = records.map(({ index, record }) => ({ index, read: readUser(record) }))
      const wishes = reads.flatMap(({ read }) => ('wish' in read ? [read.wish] : []))
      const people: People = { byUsername: new Map(), byEmail: new Map(), password: undefined }
      // Names are the instance's, so they may be taken even where the organization is yet to be made.
      await parts.caughtUp()
      const found = await usersCalled(
        postgres,
        wishes.map(({ username }) => username),
        wishes.map(({ email }) => email),
      )
      for (const row of found) put(people, existingOf(row))
      return await inTurns(
        reads,
        ({ username, email }) => [username, email],
        (index, wish) => carryOut(index, wish, people, batch, call),
      )
    },
  }
}

/** Of the roles those the importer may give here; the others are left out and said. */
function grantable(caller: Caller, organizationId: OrganizationId, wish: UserWish) {
  const notes = [...wish.notes]
  const bindings = wish.roles.flatMap((role): RoleBinding[] => {
    const binding = { role, organizationId }
    // An organization that is yet to be made: made by the importer, so theirs.
    if (organizationId === ('' as OrganizationId)) return [binding]
    try {
      requireAtLeast(caller, binding)
      return [binding]
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      notes.push({ code: 'backup.role_stripped', detail: error.message })
      return []
    }
  })
  return { bindings, notes }
}

/** Why somebody who is there already is not touched by an import; undefined when they may be. */
function protection(
  { id, bindings }: Existing,
  organizationId: OrganizationId,
  caller: Caller,
): string | undefined {
  if (id === caller.userId) return 'nobody changes their own account by an import'
  const isElsewhere = bindings.some((one) => one.organizationId !== organizationId)
  if (isElsewhere || bindings.length === 0) {
    return 'is there already and not of this organization alone: give the role by hand'
  }
  try {
    for (const binding of bindings) requireAtLeast(caller, binding)
    return undefined
  } catch (error) {
    if (error instanceof DomainError) return error.message
    throw error
  }
}

const noRole = (name: string, notes: readonly Note[]): Outcome => ({
  outcome: 'refused',
  name,
  code: 'backup.user_without_role',
  detail: [...notes.map(({ detail }) => detail), 'nothing is left that it could do here'].join(
    '; ',
  ),
})
