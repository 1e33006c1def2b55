// Long steps say that they run: on a terminal the line counts the seconds, elsewhere it repeats every half minute.
// They say it on standard error, so that a command's own output stays clean.

const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1)

/** Runs `work` under a line such as `installing dependencies… 31.2 s`; the line ends with a mark when it fails. */
export async function step(label, work) {
  const start = performance.now()
  const isTerminal = Boolean(process.stderr.isTTY)
  if (isTerminal) process.stderr.write(`${label}…`)
  else console.error(`${label}…`)
  const timer = setInterval(
    () => {
      if (isTerminal) process.stderr.write(`\r${label}… ${seconds(start)} s`)
      else console.error(`${label}… ${seconds(start)} s`)
    },
    isTerminal ? 500 : 30_000,
  )
  try {
    const result = await work()
    clearInterval(timer)
    process.stderr.write(`${isTerminal ? '\r' : ''}${label}: done in ${seconds(start)} s\n`)
    return result
  } catch (error) {
    clearInterval(timer)
    process.stderr.write(`${isTerminal ? '\r' : ''}${label}: failed after ${seconds(start)} s\n`)
    throw error
  }
}

/** An error whose message is all the person needs; the caller prints it without a stack. */
export class Plain extends Error {}

/** Runs a script's main function, printing what went wrong and leaving a code behind. */
export async function main(run) {
  try {
    const code = await run()
    if (typeof code === 'number') process.exitCode = code
  } catch (error) {
    console.error(error instanceof Plain ? `holdfast: ${error.message}` : error)
    process.exitCode = 1
  }
}
