import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type {
  AccessTree,
  AuditKey,
  Checkpoint,
  ConsistencyProof,
  LogEntry,
  Witness,
} from '../model.ts'
import { ago, bytes, fields, table } from '../output.ts'

/** A place in the log: a positive whole number. */
function place(text: string): string {
  if (!/^[1-9]\d{0,15}$/.test(text)) {
    throw new InvalidArgumentError('a place in the log is a number from 1.')
  }
  return text
}

interface AccessProof {
  readonly epoch?: string
  readonly out?: string
}
interface Consistency {
  readonly from: string
  readonly to?: string
  readonly out?: string
}

/** `--log` and `--epoch` of commands that are for either tree. */
interface WhichTree {
  readonly log?: 'log' | 'access'
  readonly epoch?: string
}
const logChoice = () =>
  new Option('--log <which>', 'of the log or of the access records').choices(['log', 'access'])
const epochText = 'with --log access: which of its trees; the present one when omitted'

const treeColumns = [
  { title: 'TREE', value: (t: AccessTree) => t.epoch },
  { title: 'FROM', value: (t: AccessTree) => t.first_sequence },
  { title: 'SIZE', value: (t: AccessTree) => t.size },
  { title: 'SIGNED', value: (t: AccessTree) => t.checkpoint_size },
  { title: 'ENDED', value: (t: AccessTree) => ago(t.ended_at) },
  { title: 'BECAUSE', value: (t: AccessTree) => t.ended_because },
]
const checkpointColumns = [
  { title: 'SIZE', value: (c: Checkpoint) => c.size },
  { title: 'ROOT', value: (c: Checkpoint) => c.root },
  { title: 'SIGNED', value: (c: Checkpoint) => ago(c.signed_at) },
  { title: 'WITNESSES', value: (c: Checkpoint) => `${c.witnesses.length}` },
]
const keyColumns = [
  { title: 'KEY', value: (k: AuditKey) => k.verifier_key },
  { title: 'SINCE', value: (k: AuditKey) => k.since_sequence },
  { title: 'ACTIVE', value: (k: AuditKey) => (k.is_active ? 'yes' : 'no') },
]
const witnessColumns = [
  { title: 'NODE', value: (w: Witness) => w.node_id },
  { title: 'SIZE', value: (w: Witness) => w.size },
  { title: 'COSIGNED', value: (w: Witness) => ago(w.cosigned_at) },
  { title: 'KEY', value: (w: Witness) => w.verifier_key },
  { title: 'REFUSES', value: (w: Witness) => w.refusal },
]

/** `audit …`: the log as proof, for those who need not trust this server. */
export function auditCommands(program: Command, context: Context): void {
  const audit = program.command('audit').description('checkpoints and proofs of the log')

  audit
    .command('checkpoint')
    .description('print the last signed checkpoint; keep it where this server cannot reach')
    .option('--size <n>', 'that of exactly this size', place)
    .option('--sign', 'sign one now instead of within seconds')
    .addOption(logChoice())
    .option('--epoch <name>', epochText)
    .action(async (options: WhichTree & { size?: string; sign?: boolean }, command: Command) => {
      if (options.sign && options.size !== undefined) {
        throw new CliError('--sign and --size exclude each other', exitCodes.usage)
      }
      const api = context.api(command)
      const { log, epoch, size } = options
      const found = options.sign
        ? await api.json<Checkpoint>('/audit/checkpoints', { method: 'POST', query: { log } })
        : await api.json<Checkpoint>('/audit/checkpoint', { query: { size, log, epoch } })
      // The note and nothing else, so that it can go into a file as it is.
      print(context, command, found, ({ note }) => note.trimEnd())
    })

  audit
    .command('checkpoints')
    .description('list signed checkpoints, newest first')
    .addOption(logChoice())
    .option('--epoch <name>', epochText)
    .action(async ({ log, epoch }: WhichTree, command: Command) => {
      const items = context.api(command).items<Checkpoint>('/audit/checkpoints', { log, epoch })
      const empty = 'No checkpoint yet: the first is signed seconds after the first change.'
      await printList(context, command, items, (rows) => table(rows, checkpointColumns), empty)
    })

  audit
    .command('consistency')
    .description('prove that the log of one size begins with that of a smaller one')
    .requiredOption('--from <n>', 'the smaller size', place)
    .option('--to <n>', "the larger one; the last checkpoint's when omitted", place)
    .option(
      '-o, --out <file>',
      'save both checkpoints and the proof; sizes are those of checkpoints',
    )
    .addOption(logChoice())
    .option('--epoch <name>', epochText)
    .action(async (options: WhichTree & Consistency, command: Command) => {
      const { from, to, out, log, epoch } = options
      const query = { from, to, log, epoch }
      if (out !== undefined) {
        const path = '/audit/consistency/document'
        const response = await context.api(command).send(path, { query })
        await save(context, response, out, 'holdfast-verify consistency')
        return
      }
      const proof = await context
        .api(command)
        .json<ConsistencyProof>('/audit/consistency', { query })
      print(context, command, proof, (p) =>
        [
          fields([
            ['from', `${p.from_size}  ${p.from_root}`],
            ['to', `${p.to_size}  ${p.to_root}`],
          ]),
          ...p.path,
        ].join('\n'),
      )
    })

  audit
    .command('get <sequence>')
    .description('show one commit as it is stored')
    .action(async (sequence: string, _options, command: Command) => {
      const found = await context
        .api(command)
        .json<LogEntry>(`/audit/log/${placeArgument(sequence)}`)
      print(context, command, found, (e) =>
        fields([
          ['sequence', e.sequence],
          ['time', e.time],
          ['events', e.events.join(', ')],
          ['actor', `${e.actor.kind} ${e.actor.id}`],
          ['organization', e.organization_id ?? ''],
          ['reason', e.reason],
          ['subject', e.subject],
          ['message id', e.message_id],
          ['payload', e.payload],
        ]),
      )
    })

  audit
    .command('proof <sequence>')
    .description('save one commit with the proof that it is in the log')
    .option('-o, --out <file>', 'where to; entry-<sequence>.json when omitted, - for the terminal')
    .addHelpText('after', '\nCheck it anywhere, without this server: holdfast-verify entry <file>')
    .action(async (sequence: string, { out }: { out?: string }, command: Command) => {
      const path = `/audit/log/${placeArgument(sequence)}/proof`
      const response = await context.api(command).send(path)
      await save(context, response, out ?? `entry-${sequence}.json`, 'holdfast-verify entry')
    })

  audit
    .command('access-proof <sequence>')
    .description('save one access record with the proof that it is in a signed tree')
    .option('--epoch <name>', 'in which of the trees; the newest that holds it when omitted')
    .option('-o, --out <file>', 'where to; access-<sequence>.json when omitted, - for the terminal')
    .addHelpText('after', '\nCheck it anywhere, without this server: holdfast-verify entry <file>')
    .action(async (sequence: string, options: AccessProof, command: Command) => {
      const { out = `access-${sequence}.json`, epoch } = options
      const path = `/audit/access/${placeArgument(sequence)}/proof`
      const response = await context.api(command).send(path, { query: { epoch } })
      await save(context, response, out, 'holdfast-verify entry')
    })

  audit
    .command('access-trees')
    .description('list the Merkle trees of the access records, newest first')
    .action(async (_options, command: Command) => {
      const items = context
        .api(command)
        .items<AccessTree>('/audit/access/trees', { limit: undefined })
      const empty = 'No tree yet: the first begins when the audit service starts.'
      await printList(context, command, items, (rows) => table(rows, treeColumns), empty)
    })

  audit
    .command('bundle')
    .description('save the log, or a part of it, with everything needed to check it offline')
    .option('--from <n>', 'from this commit on; the first when omitted', place)
    .option('--to <n>', 'up to this commit; the last checkpoint when omitted', place)
    .option('-o, --out <file>', 'where to; log.hfbundle when omitted, - for the terminal')
    .addHelpText('after', '\nCheck it anywhere, without this server: holdfast-verify bundle <file>')
    .action(async (options: { from?: string; to?: string; out?: string }, command: Command) => {
      const query = { from: options.from, to: options.to }
      const response = await context.api(command).send('/audit/bundle', { query })
      await save(context, response, options.out ?? 'log.hfbundle', 'holdfast-verify bundle')
    })

  audit
    .command('keys')
    .description('list the keys checkpoints are signed with, oldest first; pin the first one')
    .action(async (_options, command: Command) => {
      const items = context.api(command).items<AuditKey>('/audit/keys', { limit: undefined })
      await printList(context, command, items, (rows) => table(rows, keyColumns), 'No key yet.')
    })

  audit
    .command('rotate-key')
    .description('replace the key that signs checkpoints; the old one vouches for the new one')
    .action(async (_options, command: Command) => {
      const key = await context
        .api(command)
        .json<AuditKey>('/audit/keys/rotate', { method: 'POST' })
      print(context, command, key, (k) => k.verifier_key)
    })

  audit
    .command('witnesses')
    .description('list the hosts that cosign checkpoints')
    .action(async (_options, command: Command) => {
      const items = context.api(command).items<Witness>('/audit/witnesses', { limit: undefined })
      const empty = 'No witness yet: every enrolled host becomes one.'
      await printList(context, command, items, (rows) => table(rows, witnessColumns), empty)
    })
}

function placeArgument(text: string): string {
  try {
    return place(text)
  } catch (error) {
    throw new CliError((error as Error).message, exitCodes.usage)
  }
}

/** Writes an answer to a file as it comes; what was cut off is not left under the file's name. */
async function save(
  context: Context,
  response: Response,
  file: string,
  check: string,
): Promise<void> {
  if (file === '-') {
    context.out.write((await response.text()).trimEnd())
    return
  }
  if (!response.body) throw new CliError('the server answered nothing', exitCodes.failed)
  const partial = `${file}.part`
  let written = 0
  try {
    await pipeline(
      Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
      async function* (chunks) {
        for await (const chunk of chunks as AsyncIterable<Buffer>) {
          written += chunk.length
          yield chunk
        }
      },
      createWriteStream(partial, { mode: 0o600 }),
    )
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw new CliError(`cannot save ${file}: ${(error as Error).message}`, exitCodes.failed)
  }
  context.out.note(`${file}: ${bytes(written)}. Check it with: ${check} ${file}`)
}
