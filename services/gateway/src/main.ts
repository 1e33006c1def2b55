import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { effectsOffNotice, runEdge } from '@holdfast/service'
import { accessRecords } from './access-records.ts'
import { buildApp } from './app.ts'
import { type Clients, openClients } from './clients.ts'
import { settings } from './config.ts'
import { parseTarget } from './metrics/gather.ts'
import type { Check, Readiness } from './routes/system.ts'

await runEdge('gateway', settings, async (edge) => {
  const { settings: values, telemetry, log } = edge
  const clients = openClients(edge.connect)
  const access = accessRecords(edge)
  const isProduction = values.mode === 'production'
  const hasEffects = values.effects === 'on'
  const app = await buildApp({
    clients,
    authenticate: edge.authenticate,
    log,
    telemetry,
    access,
    limits: {
      perPrincipal: values.requestsPerPrincipal,
      perAddress: values.requestsPerAddress,
      signIn: values.signInsPerAddress,
    },
    system: {
      metricsTargets: (values.metricsTargets ?? []).map(parseTarget),
      metricsToken: values.metricsToken?.reveal(),
      isProduction,
      readiness: shared(() => readiness(clients, log, { isProduction, hasEffects })),
    },
    trustedProxies: values.trustedProxies ?? [],
  })
  edge.onStart(async () => {
    const url = await app.listen({ host: values.httpHost, port: values.httpPort })
    telemetry.log.info({ url }, 'listening')
  })
  edge.onDrain(async () => {
    await app.close()
    await access.close()
  })
})

/** Anybody may ask, and often: within half a second all of them get one answer. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    if (answer === undefined) {
      answer = ask()
      setTimeout(() => {
        answer = undefined
      }, 500).unref()
    }
    return answer
  }
}

async function readiness(
  clients: Clients,
  log: Pick<EventLog, 'status'>,
  { isProduction, hasEffects }: { readonly isProduction: boolean; readonly hasEffects: boolean },
): Promise<Readiness> {
  const timeoutMs = 1_000
  const [auth, network, rules, audit, backup] = await Promise.all([
    answers(() => clients.auth.getKeySet({}, { timeoutMs })),
    answers(() => clients.nodes.getNode({ node: '' }, { timeoutMs })),
    answers(() => clients.rules.getRuleSet({}, { timeoutMs })),
    answers(() => clients.flows.getFlow({}, { timeoutMs })),
    answers(() => clients.archive.getLogState({}, { timeoutMs })),
  ])
  const { isWritable, reason } = log.status()
  const checks = {
    auth,
    network,
    rules,
    audit,
    backup,
    log: { ok: isWritable, detail: isWritable ? 'takes writes' : (reason ?? 'takes no writes') },
  }
  return {
    // Not audit: without it flows are not shown. Not backup: without it nothing is changed, and reads go on.
    isReady: auth.ok && network.ok && rules.ok,
    checks,
    warnings: [
      ...(isProduction
        ? []
        : ['evaluation mode: starts with what there is, see docs/running.md for production']),
      ...(hasEffects ? [] : [effectsOffNotice]),
    ],
  }
}

/** A refusal is an answer: the probe has no token, and what counts is that somebody is there. */
async function answers(call: () => Promise<unknown>): Promise<Check> {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'unavailable') {
      return { ok: false, detail: error instanceof DomainError ? error.message : 'fails' }
    }
  }
  return { ok: true, detail: 'answers' }
}
