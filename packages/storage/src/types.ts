/** A place objects are put. Every method rejects with an error of errors.ts, and with an abort's reason. */
export interface Storage {
  readonly kind: string
  /**
   * Puts a whole object or nothing: no reader ever sees a part of one, and what was there before stays until then.
   * Resolves when the other side says it is stored. `body` is asked for anew when the upload has to begin again.
   */
  put(key: string, body: Body, options?: PutOptions): Promise<void>
  /**
   * Rejects with `storage.not_found`. Bytes from `offset` on, none at or behind the end. Whoever stops reading ends the transfer;
   * it breaks when nobody begins to for a minute.
   */
  get(key: string, options?: GetOptions): Promise<StoredBody>
  /** Undefined: there is no such object. */
  stat(key: string, signal?: AbortSignal): Promise<StoredObject | undefined>
  /** Every object below the prefix (whole segments; empty: all), in no particular order; unfinished uploads are no objects. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>
  /** What is gone already is fine. */
  delete(key: string, signal?: AbortSignal): Promise<void>
  /** Removes what uploads of ours that never ended have left, when older than an hour. Answers how many. */
  sweep(signal?: AbortSignal): Promise<number>
  close(): Promise<void>
}

/** A fresh reading of the same bytes at every call. */
export type Body = () => AsyncIterable<Uint8Array>

export interface PutOptions {
  /** Bytes, when known. One that turns out wrong is an error and stores nothing. */
  readonly size?: number
  readonly signal?: AbortSignal
  /** Bytes so far, of the attempt under way; falls when one begins again. */
  readonly onProgress?: (bytes: number) => void
}
export interface GetOptions {
  readonly offset?: number
  readonly signal?: AbortSignal
}
export interface StoredObject {
  /** Segments of `[A-Za-z0-9._-]`, at most 128 characters each, joined by `/`, at most 512 in all; none begins with a dot. */
  readonly key: string
  readonly size: number
  readonly modifiedAtUnixMs: number
}
export interface StoredBody {
  /** Of the whole object. */
  readonly size: number
  /** Differs when the object was replaced (an ETag, say); absent where the other side tells nothing of the kind. */
  readonly version?: string
  readonly body: AsyncIterable<Uint8Array>
}

/** A field of a kind's configuration: what the API checks, and forms and completion are made of. */
export interface StorageField {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly type: 'text' | 'integer' | 'boolean' | 'choice' | 'secret' | 'multiline_secret'
  readonly isRequired?: boolean
  readonly default?: string | number | boolean
  readonly choices?: readonly string[]
  readonly min?: number
  readonly max?: number
  readonly example?: string
  /** Of text; refused with what `patternHint` says. */
  readonly pattern?: RegExp
  readonly patternHint?: string
  /** Names something of the control plane's own machine: only who runs all of it may give it. */
  readonly isInstanceOnly?: boolean
}
