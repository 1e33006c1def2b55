import { newId } from '@holdfast/domain'
import type { AccessRecorder } from '@holdfast/event-log'
import type { Telemetry } from '@holdfast/telemetry'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RouteOptions,
} from 'fastify'
import type { Clients } from './clients.ts'
import type { Authenticate } from './events/access.ts'
import { type EventSource, eventHub } from './events/event-hub.ts'
import { allowMethods } from './http/allowed-methods.ts'
import { lookBack, type TimeSource } from './http/at.ts'
import { answerBrokenRequest } from './http/broken-request.ts'
import { guardEdge, type Limits, securityHeaders } from './http/edge.ts'
import { observe } from './http/observe.ts'
import { watchEventLoop } from './http/pressure.ts'
import { answerProblem } from './http/problems.ts'
import { recordDenied } from './http/record-denied.ts'
import './http/request.ts'
import { validatorCompiler } from './http/validate.ts'
import { describeApi } from './openapi/describe-api.ts'
import { documentPage, documentRoutes } from './openapi/routes.ts'
import { alertRuleRoutes } from './routes/alert-rules.ts'
import { alertRoutes } from './routes/alerts.ts'
import { auditRoutes } from './routes/audit.ts'
import { auditDocumentRoutes } from './routes/audit-documents.ts'
import { auditEntryRoutes } from './routes/audit-entries.ts'
import { authRoutes } from './routes/auth.ts'
import { backupRestoreRoutes } from './routes/backup-restore.ts'
import { backupScheduleRoutes } from './routes/backup-schedules.ts'
import { backupRoutes } from './routes/backups.ts'
import { changeSetRoutes } from './routes/change-sets.ts'
import { diffRoutes } from './routes/diff.ts'
import { eventRoutes } from './routes/events.ts'
import { flowRoutes } from './routes/flows.ts'
import { historyRoutes } from './routes/history.ts'
import { interfaceRoutes } from './routes/interfaces.ts'
import { nodeRoutes } from './routes/nodes.ts'
import { operatorRoutes } from './routes/operator.ts'
import { organizationRoutes } from './routes/organizations.ts'
import { peerConfigRoutes } from './routes/peer-config.ts'
import { peerRoutes } from './routes/peers.ts'
import { policyRoutes } from './routes/policy.ts'
import { policyTestRoutes } from './routes/policy-tests.ts'
import { readModelRoutes } from './routes/read-models.ts'
import { recoveryRoutes } from './routes/recovery.ts'
import { restoreRoutes } from './routes/restores.ts'
import { rootKeyRoutes } from './routes/root-key.ts'
import { prefix } from './routes/route.ts'
import { ruleImportRoutes } from './routes/rule-import.ts'
import { ruleRoutes } from './routes/rules.ts'
import { siteRoutes } from './routes/sites.ts'
import { snapshotRoutes } from './routes/snapshots.ts'
import { storageLocationRoutes } from './routes/storage-locations.ts'
import { subscriberRoutes } from './routes/subscribers.ts'
import { type SystemOptions, systemRoutes } from './routes/system.ts'
import { userRoutes } from './routes/users.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { wgQuickRoutes } from './routes/wg-quick.ts'

export interface AppOptions {
  readonly clients: Clients
  /** For event streams, which outlive any one call. */
  readonly authenticate: Authenticate
  readonly log: EventSource & TimeSource
  readonly telemetry: Telemetry
  readonly limits: Limits
  readonly system: Omit<SystemOptions, 'registry'>
  /** Addresses or CIDRs whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
  /** Told of calls that are turned away. */
  readonly access: Pick<AccessRecorder, 'record'>
  /** Instead of watching the event loop. */
  readonly isOverloaded?: () => boolean
  /** Told every route as it is registered. */
  readonly onRoute?: (route: RouteOptions) => void
}

const maxBodyBytes = 1024 * 1024

/** The HTTP edge: routes in, calls to services out, no rules. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { clients, telemetry, log } = options
  const logger: FastifyBaseLogger = telemetry.log
  const app = fastify({
    loggerInstance: logger,
    // One line a request is ours to write (http/observe.ts), and it needs no logger of its own.
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: () => logger,
    genReqId: () => newId(),
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    bodyLimit: maxBodyBytes,
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      // Hooks run after routing, which this request never reached.
      reply.headers(securityHeaders)
      void answerProblem(error, request, reply)
    },
  })

  app.setValidatorCompiler(validatorCompiler)
  app.setErrorHandler(answerProblem)
  app.removeContentTypeParser('text/plain')
  takeJson(app)
  if (options.onRoute) app.addHook('onRoute', options.onRoute)
  observe(app, telemetry)
  recordDenied(app, options.access)
  guardEdge(app, options.limits, options.isOverloaded ?? watchEventLoop(app))
  allowMethods(app)
  lookBack(app, log)
  await describeApi(app)

  const hub = eventHub(log, telemetry)
  await app.register(
    async (api) => {
      await api.register(systemRoutes({ ...options.system, registry: telemetry.registry }))
      await api.register(documentRoutes)
      await api.register(authRoutes(clients))
      await api.register(organizationRoutes(clients))
      await api.register(siteRoutes(clients))
      await api.register(userRoutes(clients))
      await api.register(nodeRoutes(clients))
      await api.register(interfaceRoutes(clients))
      await api.register(wgQuickRoutes(clients))
      await api.register(peerRoutes(clients))
      await api.register(peerConfigRoutes(clients))
      await api.register(ruleRoutes(clients))
      await api.register(ruleImportRoutes(clients))
      await api.register(changeSetRoutes(clients))
      await api.register(policyRoutes(clients, log))
      await api.register(policyTestRoutes(clients, log))
      await api.register(flowRoutes(clients))
      await api.register(auditRoutes(clients))
      await api.register(auditDocumentRoutes(clients))
      await api.register(auditEntryRoutes(clients))
      await api.register(historyRoutes(clients))
      await api.register(diffRoutes(clients, log))
      await api.register(webhookRoutes(clients))
      await api.register(alertRoutes(clients))
      await api.register(alertRuleRoutes(clients))
      await api.register(subscriberRoutes(clients))
      await api.register(storageLocationRoutes(clients))
      await api.register(backupScheduleRoutes(clients))
      await api.register(snapshotRoutes(clients))
      await api.register(recoveryRoutes(clients))
      await api.register(backupRestoreRoutes(clients))
      await api.register(backupRoutes(clients))
      await api.register(restoreRoutes(clients, log))
      await api.register(operatorRoutes(clients))
      await api.register(rootKeyRoutes(clients))
      await api.register(readModelRoutes(clients))
      await api.register(eventRoutes(options.authenticate, log, hub))
    },
    { prefix },
  )
  await documentPage(app)
  return app
}

/** JSON bodies; an empty one is none, so that a POST without a wish needs no `{}`. */
function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string' },
    (request, body, done) => {
      if (body.length === 0) done(null, undefined)
      else void parse(request, body, done)
    },
  )
}
