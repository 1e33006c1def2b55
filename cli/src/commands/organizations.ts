import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import type { Organization, Site } from '../model.ts'
import { ago, fields, table } from '../output.ts'
import { given, listOptions, segment } from './options.ts'

const columns = [
  { title: 'NAME', value: (o: Organization) => o.name },
  { title: 'ID', value: (o: Organization) => o.id },
  { title: 'CREATED', value: (o: Organization) => ago(o.created_at) },
  { title: 'DESCRIPTION', value: (o: Organization) => o.description },
]

const show = (o: Organization): string =>
  fields([
    ['name', o.name],
    ['id', o.id],
    ['description', o.description],
    ['created', o.created_at],
  ])

/** `org …` and `site …`: the same four verbs for both. */
export function organizationCommands(program: Command, context: Context): void {
  resource<Organization>(program, context, {
    noun: 'org',
    path: '/organizations',
    word: 'organization',
  })
  resource<Site>(program, context, { noun: 'site', path: '/sites', word: 'site' })
}

function resource<T extends Organization>(
  program: Command,
  context: Context,
  { noun, path, word }: { readonly noun: string; readonly path: string; readonly word: string },
): void {
  const group = program.command(noun).description(`${word}s`)
  const inOrganization = (command: Command): Command =>
    noun === 'site'
      ? command.option('--org <name-or-id>', 'organization; the only one when omitted')
      : command

  listOptions(
    inOrganization(group.command('list').alias('ls').description(`list ${word}s`)),
  ).action(async (options: { query?: string; org?: string }, command: Command) => {
    const api = context.api(command)
    const items = api.items<T>(path, { q: options.query, organization: options.org })
    const empty = `No ${word}s yet. Create one: holdfast ${noun} create --name <name>`
    await printList(context, command, items, (rows) => table<Organization>(rows, columns), empty)
  })
  group
    .command('get <name-or-id>')
    .description(`show one ${word}`)
    .action(async (name: string, _options, command: Command) => {
      print(context, command, await context.api(command).json<T>(`${path}/${segment(name)}`), show)
    })
  inOrganization(group.command('create').description(`create one ${word}`))
    .requiredOption('--name <name>', '1 to 128 characters')
    .option('--description <text>')
    .action(
      async (options: { name: string; description?: string; org?: string }, command: Command) => {
        const body = given({
          name: options.name,
          description: options.description,
          organization: options.org,
        })
        const made = await context.api(command).json<T>(path, { method: 'POST', body })
        print(context, command, made, (o) => `Created ${word} ${o.name} (${o.id}).`)
      },
    )
  group
    .command('delete <name-or-id>')
    .alias('rm')
    .description(`delete one ${word}`)
    .action(async (name: string, _options, command: Command) => {
      await context.api(command).json(`${path}/${segment(name)}`, { method: 'DELETE' })
      print(context, command, { deleted: name }, () => `Deleted ${word} ${name}.`)
    })
}
