import { DomainError } from '@holdfast/errors'
import { type Commit, subjectOf } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { person } from './calls.ts'
import type { Suite } from './suite.ts'

// What tests of the service say over and over.

const v1 = holdfast.rules.v1
export type Settings = holdfast.rules.v1.RuleSettings.$Properties
type Rule = holdfast.rules.v1.Rule.$Properties

export const settings = (name: string, more: Settings = {}): Settings => ({
  name,
  action: v1.Action.ACTION_DENY,
  priority: 100,
  isActive: true,
  ...more,
})

export async function refusal(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  )
  if (error instanceof DomainError) return error
  throw error
}
export const codeOf = async (work: Promise<unknown>): Promise<string> => (await refusal(work)).code

export const names = (list: readonly Rule[] | null | undefined) =>
  (list ?? []).map((rule) => rule.settings?.name)

/** What rules say, by id, without what only counts. */
export const meaning = (list: readonly Rule[]) =>
  list.map(({ id, order, position, settings: said }) => ({ id, order, position, said }))

export function speakTo(suite: Suite) {
  const { rules, log } = suite
  let count = 0
  return {
    /** An organization of its own, and somebody who runs it. */
    async newOrganization() {
      const name = `Organization ${++count}`
      const id = await suite.createOrganization(name)
      return { id, name, caller: { caller: person('ORG_ADMIN', id) } }
    },

    /** Creates a rule; answers its id. */
    async newRule(name: string, more: Settings, organization: string): Promise<string> {
      const { rule } = await rules.createRule({ organization, settings: settings(name, more) })
      return rule?.id ?? ''
    },

    async commitsOf(organizationId: string): Promise<Commit[]> {
      const commits: Commit[] = []
      const subject = subjectOf('rules', 'rule_set', organizationId)
      for await (const commit of log.history(subject)) commits.push(commit)
      return commits
    },

    /** All rules there are, page by page. */
    async all(organizationId: string, more: { at?: bigint; limit?: number } = {}) {
      const { limit = 1000, ...options } = more
      const found: Rule[] = []
      let cursor = ''
      do {
        const page = await rules.listRules({ organizationId, limit, cursor }, options)
        found.push(...(page.rules ?? []))
        cursor = page.nextCursor ?? ''
      } while (cursor !== '')
      return found
    },
  }
}
