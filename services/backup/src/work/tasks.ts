import type { Tasks } from './task.ts'

/** What the work thread can do; one line each. Only types leave this file: the service itself loads none of them. */
export const tasks = {} satisfies Tasks
export type ServiceTasks = typeof tasks
