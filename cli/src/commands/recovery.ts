import type { Command } from 'commander'
import { type Context, print } from '../context.ts'
import { ago, bytes, fields, status, table } from '../output.ts'
import { bundleCommand } from './backup-file.ts'
import { given, segment } from './options.ts'

interface Recipient {
  readonly recipient: string
  readonly label: string
  readonly is_derived: boolean
  readonly added_at: string | null
  readonly removed_at: string | null
  readonly proved_at: string | null
  readonly needed_by: string
  readonly needed_until: string | null
}
interface Recipients {
  readonly items: readonly Recipient[]
  readonly reviewed_at: string | null
  readonly review_due_at: string | null
}
interface Challenge {
  readonly recipient: Recipient
  readonly challenge: string
}
interface Offsite {
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly pushed_sequence: string
  readonly pushed_at: string | null
  readonly lag_ms: string
  readonly size_bytes: string
  readonly newest_manifest_at: string | null
  readonly verified_at: string | null
  readonly failure_detail: string
}

const base = '/backups/recovery'

const stateOf = (r: Recipient): string =>
  r.is_derived ? 'root key' : r.removed_at !== null ? 'removed' : r.proved_at ? 'proved' : 'in use'

const columns = [
  { title: 'RECIPIENT', value: (r: Recipient) => r.recipient },
  { title: 'LABEL', value: (r: Recipient) => r.label },
  { title: 'STATE', value: (r: Recipient) => status(stateOf(r)) },
  { title: 'PROVED', value: (r: Recipient) => ago(r.proved_at) },
  {
    title: 'KEEP ITS KEY',
    value: (r: Recipient) =>
      r.is_derived || r.needed_by !== '0'
        ? `yes${r.needed_until ? `, until ${r.needed_until.slice(0, 10)}` : ''}`
        : r.removed_at === null
          ? 'yes'
          : 'no longer needed',
  },
]

const offsiteColumns = [
  { title: 'LOCATION', value: (o: Offsite) => o.name },
  { title: 'KIND', value: (o: Offsite) => o.kind },
  { title: 'STATE', value: (o: Offsite) => status(o.state) },
  { title: 'UP TO', value: (o: Offsite) => o.pushed_sequence },
  { title: 'BEHIND', value: (o: Offsite) => `${Math.round(Number(o.lag_ms) / 1000)} s` },
  { title: 'SIZE', value: (o: Offsite) => bytes(o.size_bytes) },
  { title: 'READ BACK', value: (o: Offsite) => ago(o.verified_at) },
  { title: 'TROUBLE', value: (o: Offsite) => o.failure_detail },
]

/** `recovery …`: who can open backups when this machine is gone. */
export function recoveryCommands(program: Command, context: Context): void {
  const group = program
    .command('recovery')
    .description('who can open backups when this machine is gone (docs/backup-recovery.md)')

  bundleCommand(program, context)

  const list = async (command: Command): Promise<Recipients> =>
    await context.api(command).json<Recipients>(`${base}/recipients`)

  group
    .command('list')
    .alias('ls')
    .description('recipients, and whose keys must still be kept')
    .action(async (_options, command: Command) => {
      print(context, command, await list(command), (found) =>
        [table(found.items, columns), ...advice(found)].join('\n'),
      )
    })

  group
    .command('add <age1…>')
    .description('seal backups to another recipient from now on; prints a challenge for its owner')
    .option('--label <text>', 'whose it is, and where its key is kept')
    .action(async (recipient: string, { label }: { label?: string }, command: Command) => {
      const body = given({ recipient, label })
      const made = await context
        .api(command)
        .json<Challenge>(`${base}/recipients`, { method: 'POST', body })
      print(context, command, made, challengeText)
    })

  group
    .command('prove <age1…> [answer]')
    .description('show that its owner can open it; without an answer, ask for a new challenge')
    .action(async (recipient: string, answer: string | undefined, _options, command: Command) => {
      const path = `${base}/recipients/${segment(recipient)}/prove`
      const done = await context
        .api(command)
        .json<Challenge>(path, { method: 'POST', body: given({ answer }) })
      print(context, command, done, (c) =>
        c.challenge === '' ? `Proved: ${c.recipient.recipient} can be opened.` : challengeText(c),
      )
    })

  group
    .command('remove <age1…>')
    .alias('rm')
    .description('seal nothing new to it; says whether its key must be kept')
    .action(async (recipient: string, _options, command: Command) => {
      const path = `${base}/recipients/${segment(recipient)}`
      const gone = await context.api(command).json<Recipient>(path, { method: 'DELETE' })
      print(context, command, gone, (r) =>
        r.needed_by === '0'
          ? 'Removed. Nothing that is kept needs its key.'
          : `Removed. Keep its key: ${r.needed_by} kept backups or objects open with no other of yours${
              r.needed_until ? `, the last until ${r.needed_until.slice(0, 10)}` : ''
            }.`,
      )
    })

  group
    .command('review [note]')
    .description('say that the keys were looked at and found in order; due again in a quarter')
    .action(async (note: string | undefined, _options, command: Command) => {
      const done = await context
        .api(command)
        .json<{ review_due_at: string | null }>(`${base}/review`, {
          method: 'POST',
          body: given({ note }),
        })
      print(context, command, done, (d) => `Noted. Due again ${d.review_due_at?.slice(0, 10)}.`)
    })

  group
    .command('sheet')
    .description('a page to print and keep with the keys')
    .action(async (_options, command: Command) => {
      print(context, command, await list(command), sheet)
    })

  group
    .command('offsite')
    .description('how far each continuous location has come')
    .action(async (_options, command: Command) => {
      const found = await context
        .api(command)
        .json<{ items: readonly Offsite[] }>('/backups/offsite')
      print(context, command, found, ({ items }) =>
        items.length === 0
          ? 'Nothing is copied off-site. Set it up: holdfast storage create … --continuous'
          : table(items, offsiteColumns),
      )
    })

  group
    .command('verify-offsite <name-or-id>')
    .description('read everything of one location back; recovery offsite tells what came of it')
    .action(async (name: string, _options, command: Command) => {
      const path = `/backups/offsite/${segment(name)}/verify`
      const begun = await context.api(command).json(path, { method: 'POST' })
      print(context, command, begun, () => `Reading ${name} back: holdfast recovery offsite`)
    })
}

function advice({ items, review_due_at: due }: Recipients): readonly string[] {
  const own = items.filter((r) => !r.is_derived && r.removed_at === null)
  const unproved = own.filter(({ proved_at }) => proved_at === null)
  return [
    '',
    ...(own.length === 0
      ? [
          'Only the root key opens backups. Add a recovery recipient, whose key is kept elsewhere:',
          '  age-keygen -o recovery.key && holdfast recovery add age1… --label "safe"',
        ]
      : []),
    ...unproved.map((r) => `Not proved yet: holdfast recovery prove ${r.recipient}`),
    ...(due === null
      ? []
      : [
          `Review of the keys ${Date.parse(due) <= Date.now() ? 'was' : 'is'} due ${due.slice(0, 10)}.`,
        ]),
  ]
}

const challengeText = ({ recipient, challenge }: Challenge): string =>
  [
    `Backups are sealed to ${recipient.recipient}.`,
    'Let its owner open this, and send back what is inside:',
    '',
    challenge.trimEnd(),
    '',
    '  age -d -i recovery.key challenge.age',
    `  holdfast recovery prove ${recipient.recipient} <what it says>`,
  ].join('\n')

/** No secret is on it: it says which secrets there are, and what to do with them. */
const sheet = ({ items, review_due_at: due }: Recipients): string =>
  [
    'HOLDFAST RECOVERY SHEET',
    '',
    'Any one of these opens every backup made while it was in use:',
    ...items.map((r) =>
      [
        '',
        fields([
          ['key of', r.recipient],
          ['label', r.label],
          ['state', stateOf(r)],
          ['kept at', '_______________________________'],
          ['looked at', '_______________________________'],
        ]),
      ].join('\n'),
    ),
    '',
    'The root key is in $HOLDFAST_DATA/root.key, unless the environment brings it. Keep a copy away from the machine.',
    'A backup is a tar: sha256sum -c MANIFEST.sha256 checks it, age -d -i KEY opens what is sealed.',
    'Check one offline: holdfast backup verify FILE --identity KEY',
    `Next review of the keys: ${due?.slice(0, 10) ?? 'once there is a recovery recipient'}`,
  ].join('\n')
