import type { CommandContext } from '@holdfast/event-log'
import { injectTrace } from '@holdfast/telemetry'
import type { CallHeaders } from './metadata.ts'
import type { Call, Caller } from './types.ts'

/** Ends a call early. Most calls never look at their signal, so it is made when somebody does. */
export class CallLife {
  #controller: AbortController | undefined
  #reason: Error | undefined

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  get isOver(): boolean {
    return this.#reason !== undefined
  }

  end(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(this.#reason)
  }
}

/** What the log line and the reply tell of a call besides its answer. */
export interface CallFacts {
  caller?: Caller
  headers?: CallHeaders
  organizationId?: string
  sequence?: bigint
}

/** A call as its handler sees it. `facts` collects what the handler says; `mayCommand` throws when nothing may be changed. */
export function servedCall(
  caller: Caller,
  headers: CallHeaders,
  life: CallLife,
  facts: CallFacts,
  mayCommand?: () => void,
  accessToken?: string,
): Call {
  const { commandId, isKeyed, requestHash, expectedRevision, correlationId } = headers
  const { minSequence, at, reason } = headers
  return {
    caller,
    commandId,
    isKeyed,
    correlationId,
    ...(requestHash === undefined ? {} : { requestHash }),
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
    ...(minSequence === undefined ? {} : { minSequence }),
    ...(at === undefined ? {} : { at }),
    ...(accessToken === undefined || caller.kind !== 'user' ? {} : { accessToken }),
    get signal() {
      return life.signal
    },
    committed(sequence) {
      facts.sequence = sequence
    },
    command(organizationId): CommandContext {
      mayCommand?.()
      if (organizationId !== undefined) facts.organizationId = organizationId
      const trace: { traceparent?: string } = {}
      injectTrace(trace)
      return {
        commandId,
        isKeyed,
        actor: caller.actor,
        correlationId,
        signal: life.signal,
        ...(requestHash === undefined ? {} : { requestHash }),
        ...(expectedRevision === undefined ? {} : { expectedRevision }),
        ...(organizationId === undefined ? {} : { organizationId }),
        ...(reason === undefined ? {} : { reason }),
        ...trace,
      }
    },
  }
}
