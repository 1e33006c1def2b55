/**
 * Compressing, encrypting, hashing and uploading, in a thread of its own: beside it the guard judges every write of the
 * whole product, and nothing may keep that waiting.
 */
import { parentPort } from 'node:worker_threads'
import { serveTasks } from './serve-tasks.ts'
import { tasks } from './tasks.ts'

if (!parentPort) throw new Error('work runs as a worker thread')
serveTasks(parentPort, tasks)
