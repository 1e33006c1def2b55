import type { Command } from 'commander'
import { type Context, print } from '../context.ts'
import { ago, bytes, status, table } from '../output.ts'
import { segment } from './options.ts'

interface Offsite {
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly pushed_sequence: string
  readonly lag_ms: string
  readonly objects: string
  readonly size_bytes: string
  readonly newest_manifest_at: string | null
  readonly verified_at: string | null
  readonly outdated_keysets: string
  readonly damaged_objects: string
  readonly failure_code: string | null
  readonly failure_detail: string
}

const columns = [
  { title: 'LOCATION', value: (o: Offsite) => o.name },
  { title: 'KIND', value: (o: Offsite) => o.kind },
  { title: 'STATE', value: (o: Offsite) => status(o.state) },
  { title: 'UP TO', value: (o: Offsite) => o.pushed_sequence },
  { title: 'BEHIND', value: (o: Offsite) => `${Math.round(Number(o.lag_ms) / 1000)} s` },
  { title: 'OBJECTS', value: (o: Offsite) => o.objects },
  { title: 'SIZE', value: (o: Offsite) => bytes(o.size_bytes) },
  { title: 'MANIFEST', value: (o: Offsite) => ago(o.newest_manifest_at) },
  { title: 'READ BACK', value: (o: Offsite) => ago(o.verified_at) },
]

/** `backup offsite …`: the copy of everything at continuous storage locations. */
export function offsiteCommands(program: Command, context: Context): void {
  const group = program.commands
    .find((command) => command.name() === 'backup')
    ?.command('offsite')
    .description('the copy of everything at continuous locations (docs/backup-offsite.md)')

  group
    ?.command('status')
    .description('how far each location has come, and what keeps it')
    .action(async (_options, command: Command) => {
      const api = context.api(command)
      const found = await api.json<{ items: readonly Offsite[] }>('/backups/offsite')
      print(context, command, found, ({ items }) =>
        items.length === 0
          ? 'Nothing is copied off-site. Set it up: holdfast storage create … --continuous'
          : [table(items, columns), ...items.flatMap(troubles)].join('\n'),
      )
    })

  group
    ?.command('verify <name-or-id>')
    .description('read everything of one location back; status tells what came of it')
    .action(async (name: string, _options, command: Command) => {
      const path = `/backups/offsite/${segment(name)}/verify`
      const begun = await context.api(command).json(path, { method: 'POST' })
      print(context, command, begun, () => `Reading ${name} back: holdfast backup offsite status`)
    })
}

function troubles(o: Offsite): readonly string[] {
  return [
    ...(o.failure_code ? [`${o.name}: ${o.failure_detail} (${o.failure_code})`] : []),
    ...(o.damaged_objects === '0'
      ? []
      : [`${o.name}: ${o.damaged_objects} objects are not as they were put there`]),
    ...(o.outdated_keysets === '0'
      ? []
      : [`${o.name}: keys that were destroyed stand there still`]),
  ]
}
