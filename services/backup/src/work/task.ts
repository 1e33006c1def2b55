/** What a task may ask the service while it runs: rows of a table, a step to be recorded. Each is answered in order. */
// any: each task names its own; a parameter type wider than a task's would refuse it
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Questions = Readonly<Record<string, (value: any) => unknown>>
// biome-ignore lint/complexity/noBannedTypes: a task that asks nothing
export type NoQuestions = {}

export interface TaskLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What a running task has of the world it was started by. */
export interface TaskContext<Progress = never, Asked extends Questions = NoQuestions> {
  /** Aborts when whoever asked gave up. A task that does not end soon after takes the thread down. */
  readonly signal: AbortSignal
  /** The newest value is told ten times a second at most, and once more at the end. */
  progress(value: Progress): void
  /** Answered by `answers` of `run`; rejects as the answer does. Ask before going on, and nothing piles up. */
  ask<K extends keyof Asked & string>(
    name: K,
    value: Parameters<Asked[K]>[0],
  ): Promise<Awaited<ReturnType<Asked[K]>>>
  readonly log: TaskLog
}

/**
 * Work that is too heavy for the event loop of the service. Input, output, progress, questions and answers are cloned:
 * plain data, byte arrays, bigints, at most `maxMessageBytes` each. An error arrives as it was thrown when it is a
 * DomainError, with its message otherwise.
 */
export type Task<Input, Output, Progress = never, Asked extends Questions = NoQuestions> = (
  input: Input,
  context: TaskContext<Progress, Asked>,
) => Promise<Output>

// any: see Questions
// biome-ignore lint/suspicious/noExplicitAny: see Questions
export type Tasks = Readonly<Record<string, Task<any, any, any, any>>>

// biome-ignore lint/suspicious/noExplicitAny: see Questions
type Any = any
type ContextOf<T> = T extends (input: Any, context: infer C) => Promise<unknown> ? C : never
export type InputOf<T> = T extends (input: infer I, context: Any) => Promise<unknown> ? I : never
export type OutputOf<T> = T extends (input: Any, context: Any) => Promise<infer O> ? O : never
export type ProgressOf<T> = ContextOf<T> extends TaskContext<infer P, Any> ? P : never
/** Nothing of a task that takes no context at all. */
export type QuestionsOf<T> =
  ContextOf<T> extends TaskContext<Any, infer Q>
    ? string extends keyof Q
      ? NoQuestions
      : Q
    : NoQuestions
