// `npm stop`: drains the suite that runs on this data directory and waits until it is gone.
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { ask, dataDirectory, runFile } from './control.mjs'
import { main, Plain } from './progress.mjs'

const readStatus = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}
const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    // One that has ended and waits for a parent to notice counts as gone.
    return !/^State:\s+Z/m.test(readStatus(pid))
  } catch (error) {
    return error.code === 'EPERM'
  }
}

await main(async () => {
  const data = dataDirectory()
  const start = performance.now()
  const pid = runFile(data)?.pid
  const answer = await ask(data, { command: 'stop' }, console.log).catch((error) => {
    if (error.code !== 'EACCES') throw error
    throw new Plain(`the suite on ${data} belongs to another user: stop it as that user or as root`)
  })
  if (!answer) {
    console.log(`nothing runs on ${data}`)
    return
  }
  if (!answer.ok) throw new Plain(answer.error)
  // The socket closes last but one: the process ends a moment later.
  while (pid && isAlive(pid) && performance.now() - start < 60_000) await wait(20)
  if (pid && isAlive(pid))
    throw new Plain(`the supervisor (pid ${pid}) has not ended within a minute`)
  console.log(`stopped after ${((performance.now() - start) / 1000).toFixed(1)} s`)
})
