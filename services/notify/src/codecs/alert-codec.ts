import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { AlertEvent } from '../domain/alert.ts'
import { severityNumber } from '../domain/severity.ts'
import { severityFrom } from './alert-rule-codec.ts'

const { AlertAcknowledged, AlertRaised, AlertResolved } = holdfast.notify.v1

export const alertCodec = eventCodec<AlertEvent>({
  AlertRaised: {
    encode: ({ facts, reopens }) =>
      AlertRaised.encode({
        ...facts,
        reopens,
        organizationId: facts.organizationId ?? '',
        ruleId: facts.ruleId ?? '',
        severity: severityNumber(facts.severity),
        aboutSequence: Number(facts.aboutSequence),
        count: Number(facts.count),
      }).finish(),
    decode: [
      (data) => {
        const stored = AlertRaised.decode(data)
        const { organizationId, ruleId, code, severity, title, detail } = stored
        return {
          type: 'AlertRaised',
          reopens: stored.reopens,
          facts: {
            organizationId: organizationId || undefined,
            ruleId: ruleId || undefined,
            code,
            severity: severityFrom(severity),
            title,
            detail,
            aboutSequence: BigInt(stored.aboutSequence),
            count: BigInt(stored.count),
          },
        }
      },
    ],
  },
  AlertAcknowledged: {
    encode: ({ note }) => AlertAcknowledged.encode({ note }).finish(),
    decode: [(data) => ({ type: 'AlertAcknowledged', note: AlertAcknowledged.decode(data).note })],
  },
  AlertResolved: {
    encode: ({ note }) => AlertResolved.encode({ note }).finish(),
    decode: [(data) => ({ type: 'AlertResolved', note: AlertResolved.decode(data).note })],
  },
})
