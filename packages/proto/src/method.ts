/** A protobufjs message class, as much of it as callers need. */
export interface MessageType<Message> {
  // biome-ignore lint/suspicious/noExplicitAny: protobufjs gives each message its own properties type
  encode(message: any): { finish(): Uint8Array }
  decode(bytes: Uint8Array): Message
}

/** Who may call a method; generated from the `access` option in proto/. */
export interface Access {
  /** The permission code the calling user needs in the organization concerned. */
  readonly permission?: string
  /** Anybody may call it. */
  readonly anonymous?: boolean
  /** Any signed-in user may call it. */
  readonly authenticated?: boolean
  /** Service identities that may call it without a user; `*` is any of ours. */
  readonly services: readonly string[]
  /** Answers also as of an earlier moment (`Call.at`). */
  readonly past?: boolean
}

export interface Method<Request = unknown, Response = unknown> {
  /** For example `/holdfast.network.v1.PeerService/CreatePeer`. */
  readonly path: string
  /** The service that serves it, for example `network`. */
  readonly owner: string
  readonly request: MessageType<Request>
  readonly response: MessageType<Response>
  readonly requestStream?: boolean
  readonly responseStream?: boolean
  readonly access: Access
}

export type MethodTable = Readonly<Record<string, Method>>

export type RequestOf<M extends Method> = ReturnType<M['request']['decode']>
/** What a handler may answer: a plain object with the message's fields. */
export type ResponseOf<M extends Method> = ReturnType<M['response']['decode']>
