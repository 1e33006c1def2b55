import { DomainError } from '@holdfast/errors'
import { PostgresUnavailable } from './errors.ts'

/** SQLSTATEs that say: not your statement, the server. Classes 08 and 57P, and no free connection. */
const away = /^(08|57P|53300|25P03)/
const socket = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
const driver =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|Client was closed|Cannot use a pool after)/

/** SQLSTATE of an error from Postgres, or the code of a socket error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether the connection is of no more use after this error. */
export function isConnectionError(error: unknown): boolean {
  const code = errorCode(error)
  if (code !== undefined && (away.test(code) || socket.has(code))) return true
  return error instanceof Error && driver.test(error.message)
}

/** Lost connections and cancelled statements become `postgres.unavailable`; an abort becomes its reason; the rest rises as it is. */
export function translateError(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason
  if (error instanceof DomainError) return error
  const isTimeout = errorCode(error) === '57014'
  return isTimeout || isConnectionError(error) ? PostgresUnavailable({}, error) : error
}

/** Whether Postgres refused the data itself (SQLSTATE classes 21, 22, 23), so that trying again is of no use. */
export const isDataError = (error: unknown): boolean => /^2[123]/.test(errorCode(error) ?? '')

/** Whether a lock was not to be had within `lock_timeout`. */
export const isLockTimeout = (error: unknown): boolean => errorCode(error) === '55P03'
