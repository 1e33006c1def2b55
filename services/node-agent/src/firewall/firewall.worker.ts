/**
 * The firewall of this host, in a thread of its own: every call into BPF holds its thread until the kernel answers,
 * and folding and compiling a hundred thousand rules takes a while. The agent's other work goes on beside it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { chooseBackend } from './choose-backend.ts'
import { type EnforcerLog, enforcer } from './enforcer.ts'
import { evidence } from './evidence.ts'
import type {
  Answer,
  Answers,
  FirewallOptions,
  FromFirewall,
  Question,
  ToFirewall,
} from './protocol.ts'
import { openSavedRules } from './saved-rules.ts'

const port = parentPort
if (!port) throw new Error('the firewall runs as a worker thread')
const options = workerData as FirewallOptions // as: the agent's own, see firewall.ts

const say = (message: FromFirewall): void => port.postMessage(message)
const log: EnforcerLog = {
  info: (fields, message) => say({ tell: 'log', level: 'info', fields: { ...fields }, message }),
  warn: (fields, message) => say({ tell: 'log', level: 'warn', fields: { ...fields }, message }),
  error: (fields, message) => say({ tell: 'log', level: 'error', fields: { ...fields }, message }),
}

const flowsEveryMs = 1_000
const countersEveryMs = 5_000
/** Counting the entries of a hash map means walking through it. */
const mapsEveryMs = 15_000
const now = Date.now

// What arrives while this starts waits in the port.
const backend = await chooseBackend(options, log, now)
const rules = await openSavedRules(options.journal, options.pin, {
  warn: (fields: object, message?: string) => log.warn(fields, message ?? ''),
})
const running = enforcer({
  backend,
  rules,
  repairs: options.repairs,
  checkMs: options.checkMs,
  now,
  onStatus: (status) => say({ tell: 'status', status }),
  log,
})
const proof = evidence({
  backend,
  nodeId: options.nodeId,
  instanceId: options.instanceId,
  flowsPerSecond: options.flowsPerSecond,
  facts: running.facts,
  policy: running.policy,
  now,
})

// What was counted before this start is not ours to tell.
proof.counters()

let evidenceTrouble = ''
/** What cannot be read now may be readable the next time; rules are enforced either way. */
function tellEvidence(what: string, tell: () => void): void {
  if (!running.policy()) return
  try {
    tell()
    evidenceTrouble = ''
  } catch (error) {
    const reason = `${what}: ${error instanceof Error ? error.message : String(error)}`
    if (reason !== evidenceTrouble) log.error({ err: error }, `${what} cannot be read`)
    evidenceTrouble = reason
  }
}
const timers = [
  setInterval(
    () =>
      tellEvidence('flows', () => {
        for (const flows of proof.flows()) say({ tell: 'flows', ...flows })
      }),
    flowsEveryMs,
  ),
  setInterval(
    () =>
      tellEvidence('counters', () => {
        for (const report of proof.counters()) say({ tell: 'counters', report })
        say({ tell: 'packets', packets: proof.packets() })
      }),
    countersEveryMs,
  ),
  setInterval(
    () => tellEvidence('maps', () => say({ tell: 'maps', maps: backend.maps() })),
    mapsEveryMs,
  ),
]

async function answerTo(question: Question): Promise<Answers[keyof Answers]> {
  switch (question.ask) {
    case 'position':
      running.replays()
      return rules.position()
    case 'take':
      await running.take(question.commits)
      return undefined
    case 'admit':
      await running.admit(question.device)
      return undefined
    case 'prove':
      return running.prove()
    case 'uninstall':
      await stop()
      backend.close()
      await backend.uninstall()
      return undefined
    case 'stop':
      await stop()
      backend.close()
      port?.close()
      return undefined
  }
}

async function stop(): Promise<void> {
  for (const timer of timers) clearInterval(timer)
  await running.stop()
  await rules.settled().catch(() => {}) // said already
  await rules.close()
}

port.on('message', (message: ToFirewall) => {
  if ('ask' in message) {
    const { number } = message
    const answer = (answered: Answer): void => say(answered)
    answerTo(message).then(
      (value) => answer({ number, value }),
      (error: unknown) =>
        answer({ number, error: error instanceof Error ? error.message : String(error) }),
    )
    return
  }
  switch (message.tell) {
    case 'facts':
      running.setFacts(message.facts)
      return
    case 'caught-up':
      rules.caughtUp()
      running.caughtUp()
      return
    case 'unsent':
      proof.unsent(message.flows, message.packets)
  }
})
