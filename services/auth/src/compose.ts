import { randomBytes } from 'node:crypto'
import { compensationHandlers } from '@holdfast/compensation'
import type { OrganizationId, UserId } from '@holdfast/domain'
import { accessKeyKind, accessRecorder, accessSources, accessStore } from '@holdfast/event-log'
import { Lagging } from '@holdfast/projections'
import {
  AuthService,
  CompensationService,
  ContributorService,
  EnrolmentService,
  KeyService,
  KeysetService,
  OrganizationService,
  SubscriberService,
  UserService,
} from '@holdfast/proto'
import { type App, natsConnection, type ServiceSpec } from '@holdfast/service'
import { contributorHandlers } from '@holdfast/snapshot'
import { accessLog } from './access/access-log.ts'
import { passwordChanger } from './commands/change-password.ts'
import { userChanger } from './commands/change-users.ts'
import { userCreator } from './commands/create-user.ts'
import { enrolmentCommands } from './commands/enrolments.ts'
import { userEraser } from './commands/erase-user.ts'
import { oneAtATime } from './commands/one-at-a-time.ts'
import { type OrganizationParts, organizationCommands } from './commands/organizations.ts'
import { ownContext } from './commands/own-context.ts'
import { passwordProof } from './commands/prove-password.ts'
import { keyFilesLock } from './commands/rotate-keys.ts'
import { adminSeeder } from './commands/seed-admin.ts'
import {
  type IssueSubscriber,
  type SubscriberParts,
  subscriberCommands,
} from './commands/subscribers.ts'
import { authCompensables } from './compensation/compensables.ts'
import { composeRootKey } from './compose-root-key.ts'
import { personKinds } from './domain/user.ts'
import { authHandlers } from './grpc/auth-handlers.ts'
import { enrolmentHandlers, type IssueNodeJwt } from './grpc/enrolment-handlers.ts'
import { keyHandlers } from './grpc/key-handlers.ts'
import { keysetHandlers } from './grpc/keyset-handlers.ts'
import { organizationHandlers } from './grpc/organization-handlers.ts'
import { type SubscriberDoor, subscriberHandlers } from './grpc/subscriber-handlers.ts'
import { userHandlers } from './grpc/user-handlers.ts'
import type { KeyStore } from './keys/key-store.ts'
import { openPersonFields } from './keys/person-fields.ts'
import { reservationIds } from './keys/reservation-id.ts'
import type { RootKeySource } from './keys/root-key-source.ts'
import { openSigningKeys } from './keys/signing-keys.ts'
import { enrolmentRows } from './projections/enrolments.ts'
import { organizationRows } from './projections/organizations.ts'
import { signInRows } from './projections/sign-in.ts'
import { signingKeyRows } from './projections/signing-keys.ts'
import { siteRows } from './projections/sites.ts'
import { subscriberRows } from './projections/subscribers.ts'
import { userRows } from './projections/users.ts'
import { countNodes } from './queries/nodes.ts'
import { listOrganizations } from './queries/organizations.ts'
import { listOutlivedKeys, listSigningKeys } from './queries/signing-keys.ts'
import { countSites } from './queries/sites.ts'
import { subscriberCalled } from './queries/subscribers.ts'
import { listErased, listErasures, listSuperAdmins } from './queries/users.ts'
import type { Opened } from './seal/wait-unsealed.ts'
import { accessTokenMs, accessTokens } from './sessions/access-tokens.ts'
import { openLockout } from './sessions/lockout.ts'
import { passwordChecker } from './sessions/password-check.ts'
import { openPasswords } from './sessions/passwords.ts'
import { people } from './sessions/people.ts'
import { type Rate, rateLimit } from './sessions/rate-limit.ts'
import { refreshTokens } from './sessions/refresh-token.ts'
import { openSessionStore, type RevokedSession } from './sessions/session-store.ts'
import { signIn } from './sessions/sign-in.ts'
import { authContributors } from './snapshot/contributors.ts'

export interface AuthParts {
  readonly keyStore: KeyStore
  readonly rootKeySource: Pick<RootKeySource, 'keptAs' | 'next'>
  /** How a sealed instance was opened at this start. */
  readonly unsealed?: Opened | undefined
  readonly issueNodeJwt: IssueNodeJwt
  readonly issueSubscriber: IssueSubscriber
  readonly subscriberDoor: SubscriberDoor
  readonly loginRate: Rate
  readonly refreshRate: Rate
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const revokedSubject = 'ctl.auth.session-revoked'
const destroyedSubject = 'ctl.auth.keys-destroyed'
const choresMs = 60_000
/** Beyond the life of an access token: clocks differ, and a chore may come early. */
const retireMs = accessTokenMs + 5 * 60_000

/** Puts the service together. */
export async function composeAuth(app: App<ServiceSpec>, parts: AuthParts): Promise<void> {
  const { log, postgres, projections, telemetry } = app
  const { keyStore, issueNodeJwt, issueSubscriber, subscriberDoor, now } = parts
  const everything = { organizations: '*' } as const

  const { present: rootKey, former } = keyStore.rootKeys()
  const locks = oneAtATime()
  const sources = accessSources(log.lineageId, (userId) => keyStore.dataKeys(userId, accessKeyKind))
  sources.useKeys(await keyStore.dataKeys(log.lineageId, accessKeyKind))
  const recorder = accessRecorder({
    store: accessStore(natsConnection('auth', app.settings)),
    sources,
    log: telemetry.log,
    registry: telemetry.registry,
    now,
  })
  const access = accessLog(recorder, telemetry.log)
  const persons = openPersonFields(keyStore)
  // Names of subjects in the log follow from it, so it is the first root key there ever was.
  const reservationId = reservationIds(former.at(-1) ?? rootKey)
  const passwords = openPasswords()
  const signingKeys = await openSigningKeys(log, keyStore, () => listSigningKeys(postgres))
  app.verifyWith(signingKeys)

  const onRevoked = ({ sessionId, revokedAtUnixMs }: RevokedSession) => {
    app.revokeSession(sessionId, revokedAtUnixMs)
    const notice = { session_id: sessionId, revoked_at_unix_ms: revokedAtUnixMs }
    log.signal(revokedSubject, Buffer.from(JSON.stringify(notice)))
  }
  const tokens = refreshTokens(rootKey)
  const sessions = openSessionStore({ postgres, tokens, now, accessTokenMs, onRevoked })
  const check = passwordChecker({
    passwords,
    lockout: openLockout(postgres, now),
    byAccount: rateLimit(parts.loginRate, now),
    bySource: rateLimit(parts.loginRate, now),
  })

  const provePassword = passwordProof({ log, persons, check })

  const reached = (sequence: bigint, signal?: AbortSignal) => projections.reached(sequence, signal)
  /** The read models as they are when they include all that was in the log a moment ago. */
  const caughtUp = async (signal?: AbortSignal) => reached(await log.safeHead(), signal)

  /** The same as far as it is safe by now. Where nothing more comes, the rows are answered as they are. */
  async function safelyCaughtUp(signal?: AbortSignal): Promise<void> {
    const [seen, safe] = [log.seen(), log.safe.current()]
    try {
      await reached(seen < safe ? seen : safe, signal)
    } catch (error) {
      if (!Lagging.is(error)) throw error
    }
  }

  const createUser = userCreator({ log, persons, passwords, reservationId, locks })
  const countOtherSuperAdmins = async (userId: UserId, signal?: AbortSignal): Promise<number> => {
    await caughtUp(signal)
    const enabled = await listSuperAdmins(postgres, { isEnabled: true })
    return enabled.filter((id) => id !== userId).length
  }
  const changeUsers = userChanger({ log, sessions, locks, countOtherSuperAdmins })
  const eraseUsers = userEraser({
    log,
    keyStore,
    persons,
    sessions,
    reservationId,
    locks,
    countOtherSuperAdmins,
    onDestroyed: (userId) => log.signal(destroyedSubject, Buffer.from(userId)),
  })
  const stopForgetting = log.onSignal(destroyedSubject, (data) => {
    for (const kind of personKinds) keyStore.forget(Buffer.from(data).toString(), kind)
  })
  const seedAdmin = adminSeeder({
    log,
    createUser,
    rootKey,
    locks,
    async readState(signal) {
      await caughtUp(signal)
      const page = { limit: 200, after: undefined, query: '' }
      const { rows } = await listOrganizations(postgres, everything, page)
      return {
        superAdmins: await listSuperAdmins(postgres, { isEnabled: false }),
        organizations: rows.map(({ id, name }) => ({ id: id as OrganizationId, name })), // uuid column
      }
    },
  })

  app.project(
    organizationRows,
    siteRows,
    userRows(persons),
    signInRows,
    enrolmentRows,
    signingKeyRows,
    subscriberRows,
  )

  app.serve(
    AuthService,
    authHandlers({
      postgres,
      sessions,
      signingKeys,
      seedAdmin,
      access,
      reached,
      caughtUp: safelyCaughtUp,
      changePassword: passwordChanger({ log, persons, passwords, provePassword, sessions }),
      signIn: signIn({
        people: people({ log, postgres, reservationId, caughtUp: safelyCaughtUp }),
        persons,
        reservationId,
        check,
        sessions,
        access,
        refreshLimit: rateLimit(parts.refreshRate, now),
        tokens: accessTokens(signingKeys, log.lineageId, now),
      }),
    }),
  )
  app.serve(
    UserService,
    userHandlers({ log, postgres, createUser, changeUsers, eraseUsers, reached }),
  )
  const countContents: OrganizationParts['countContents'] = async (id, signal) => {
    await caughtUp(signal)
    return { sites: await countSites(postgres, id), nodes: await countNodes(postgres, id) }
  }
  const nameHolder: SubscriberParts['nameHolder'] = async (organizationId, name, signal) => {
    await caughtUp(signal)
    return subscriberCalled(postgres, organizationId, name)
  }
  const organizations = organizationCommands({ log, locks, countContents })
  app.serve(
    OrganizationService,
    organizationHandlers({ postgres, reached, commands: organizations }),
  )
  app.serve(
    EnrolmentService,
    enrolmentHandlers({
      log,
      postgres,
      issueNodeJwt,
      now,
      commands: enrolmentCommands(log, locks, now),
    }),
  )
  app.serve(
    SubscriberService,
    subscriberHandlers({
      postgres,
      door: subscriberDoor,
      reached,
      commands: subscriberCommands({ log, locks, issue: issueSubscriber, nameHolder }),
    }),
  )
  app.serve(
    ContributorService,
    contributorHandlers(
      authContributors({
        log,
        postgres,
        sites: organizations,
        createUser,
        changeUsers,
        unknowablePassword: () => passwords.hash(randomBytes(32).toString('base64')),
        async caughtUp(at) {
          const sequence = at ?? (await log.safeHead())
          await reached(sequence)
          return sequence
        },
      }),
    ),
  )
  app.serve(
    CompensationService,
    compensationHandlers({
      log,
      now,
      compensables: authCompensables({
        log,
        locks,
        sessions,
        countContents,
        countOtherSuperAdmins,
        nameHolder,
        async listSuperAdmins() {
          await caughtUp()
          return await listSuperAdmins(postgres, { isEnabled: true })
        },
      }),
    }),
  )
  app.serve(KeyService, keyHandlers(keyStore))
  app.serve(
    KeysetService,
    keysetHandlers({
      rootKeys: keyStore.rootKeys,
      directory: keyStore.directory,
      // Never a store that is half of one root key and half of another.
      whole: (work) => locks.run([keyFilesLock], work),
      isRotating: keyStore.isRotating,
      async destroyedSequence() {
        const erasures = await listErasures(postgres)
        const isDone = (userId: UserId) =>
          personKinds.every((kind) => keyStore.isDestroyed(userId, kind))
        return erasures.find(({ userId }) => isDone(userId))?.sequence ?? 0n
      },
    }),
  )

  const rootKeyParts = { keyStore, unsealed: parts.unsealed, locks, provePassword, sources, now }
  const aboutRootKey = composeRootKey(app, { ...rootKeyParts, source: parts.rootKeySource })

  /** Erasures a crash has cut off: the fact is in the log, so the keys have to be gone. */
  async function completeErasures(): Promise<void> {
    for (const userId of await listErased(postgres)) {
      if (personKinds.every((kind) => keyStore.isDestroyed(userId, kind))) continue
      // One that cannot be completed keeps neither the others nor other chores.
      await eraseUsers
        .complete(userId, ownContext())
        .catch((error: unknown) =>
          telemetry.log.warn({ err: error, userId }, 'an erasure is completed later'),
        )
    }
  }

  async function chores(): Promise<void> {
    await completeErasures()
    await sessions.purge()
    await aboutRootKey.chores()
    await signingKeys.refresh()
    for (const keyId of await listOutlivedKeys(postgres, new Date(now() - retireMs))) {
      await signingKeys.retire(keyId)
    }
  }

  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  app.onStart(async () => {
    for (const { sessionId, revokedAtUnixMs } of await sessions.revoked()) {
      app.revokeSession(sessionId, revokedAtUnixMs)
    }
    await completeErasures().catch((error: unknown) =>
      telemetry.log.warn({ err: error }, 'erasures are completed later'),
    )
    await aboutRootKey
      .chores()
      .catch((error: unknown) =>
        telemetry.log.warn({ err: error }, 'what was done with the root key is told later'),
      )
    timer = setInterval(() => {
      // Whatever a round leaves undone, the next one does.
      running = chores().catch((error: unknown) =>
        telemetry.log.warn({ err: error }, 'chores left for the next round'),
      )
    }, choresMs)
  })
  app.onDrain(async () => {
    clearInterval(timer)
    stopForgetting()
    await running
    await recorder.close()
  })
}
