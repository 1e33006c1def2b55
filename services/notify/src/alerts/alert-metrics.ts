import type { Postgres } from '@holdfast/postgres'
import { Counter, Gauge, type Registry } from '@holdfast/telemetry'
import { severities } from '../domain/severity.ts'
import { countWaiting } from '../mail/mail-store.ts'
import type { MailResult } from '../mail/post-office.ts'
import { openBySeverity } from '../queries/alerts.ts'
import type { Raised } from './raise.ts'

export interface AlertMetrics {
  raised(raised: Raised): void
  mail(result: MailResult): void
}

/** Labels are closed sets: four severities, three results. */
export function alertMetrics(
  registry: Registry,
  parts: {
    readonly postgres: Postgres
    /** Commits rules have not looked at; 0 while another instance does. */
    readonly lag: () => number
  },
): AlertMetrics {
  const registers = [registry]
  const { postgres } = parts
  const raisedTotal = new Counter({
    name: 'holdfast_alerts_raised_total',
    help: 'Alerts raised here since the start, repetitions not counted.',
    labelNames: ['severity'],
    registers,
  })
  const mailsTotal = new Counter({
    name: 'holdfast_mails_total',
    help: 'What came of handing over mails: sent, deferred to be tried again, dead.',
    labelNames: ['result'],
    registers,
  })
  for (const severity of severities) raisedTotal.inc({ severity }, 0)
  for (const result of ['sent', 'deferred', 'dead']) mailsTotal.inc({ result }, 0)
  new Gauge({
    name: 'holdfast_alerts_open',
    help: 'Alerts nobody has acknowledged or resolved.',
    labelNames: ['severity'],
    registers,
    async collect() {
      const counts = await openBySeverity(postgres).catch(() => undefined)
      severities.forEach((severity, i) => {
        if (counts) this.set({ severity }, counts[i] ?? 0)
      })
    },
  })
  new Gauge({
    name: 'holdfast_mail_waiting',
    help: 'Mails, and what is to be part of one, that are not sent yet.',
    registers,
    async collect() {
      const count = await countWaiting(postgres).catch(() => undefined)
      if (count !== undefined) this.set(count)
    },
  })
  new Gauge({
    name: 'holdfast_alert_rules_lag_commits',
    help: 'Safe commits alert rules have not looked at; 0 while another instance does it.',
    registers,
    collect() {
      this.set(parts.lag())
    },
  })
  return {
    raised(raised) {
      for (const [{ severity }, change] of raised)
        if (change === 'opened') raisedTotal.inc({ severity })
    },
    mail: (result) => mailsTotal.inc({ result }),
  }
}
