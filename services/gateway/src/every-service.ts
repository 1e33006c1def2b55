import { DomainError } from '@holdfast/errors'
import type { MethodTable, RequestOf, ResponseOf } from '@holdfast/proto'
import type { CallOptions, Client } from '@holdfast/service'

/** What one of several services that serve the same table says, or why it says nothing. */
export interface Said<T> {
  readonly service: string
  readonly answer?: T
  readonly reason?: string
}

/** One function a method, asking all services at once. */
export type EveryService<T extends MethodTable> = {
  readonly [K in keyof T]: (
    request: Partial<RequestOf<T[K]>>,
    options?: CallOptions,
  ) => Promise<readonly Said<ResponseOf<T[K]>>[]>
}

/**
 * Asks every service and waits for all of them. One that is away or fails is part of the answer; what all of them would
 * refuse, because of the caller or the request, is thrown.
 */
export function everyService<T extends MethodTable>(
  clients: Readonly<Record<string, Client<T>>>,
  table: T,
): EveryService<T> {
  const ask = (method: string) => (request: unknown, options?: CallOptions) =>
    Promise.all(
      Object.entries(clients).map(async ([service, client]): Promise<Said<unknown>> => {
        try {
          // Every method of the table takes its own request, and the caller has been held to it.
          const call = client[method] as (
            request: unknown,
            options?: CallOptions,
          ) => Promise<unknown>
          return { service, answer: await call(request, options) }
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          if (error.kind !== 'unavailable' && error.kind !== 'internal') throw error
          return { service, reason: error.message }
        }
      }),
    )
  const methods: unknown = Object.fromEntries(
    Object.keys(table).map((method) => [method, ask(method)]),
  )
  // Built from the table, method by method, so it has the table's shape.
  return methods as EveryService<T>
}
