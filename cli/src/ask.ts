import { confirm, isCancel, password, text } from '@clack/prompts'
import type { Ask } from './context.ts'
import { CliError, exitCodes } from './exit.ts'

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CliError('cancelled; nothing was changed', exitCodes.interrupted)
  return answer as Exclude<T, symbol> // clack's guard does not narrow
}

function needsPerson(instead: string): void {
  if (!process.stdin.isTTY)
    throw new CliError(`nobody is here to answer: ${instead}`, exitCodes.usage)
}

/** Questions on the terminal. Without one, says which option to use instead. */
export const terminalAsk: Ask = {
  async text(message) {
    needsPerson(`give "${message}" as an option (see --help)`)
    return answered(await text({ message }))
  },
  async secret(message) {
    needsPerson('use --password-stdin, or the HOLDFAST_PASSWORD variable')
    return answered(await password({ message }))
  },
  async confirm(message) {
    needsPerson('add --yes to go on without asking')
    return answered(await confirm({ message, initialValue: false }))
  },
  async stdin() {
    const chunks: Buffer[] = []
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer)) // bytes: no encoding is set
    return Buffer.concat(chunks).toString('utf8')
  },
}
