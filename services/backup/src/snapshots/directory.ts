import { DomainError } from '@holdfast/errors'
import type { ContributorService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import { type Domain, domains } from '@holdfast/snapshot'
import type { Logger } from '@holdfast/telemetry'

export type ContributorClient = Client<typeof ContributorService>

/** A contributor as its service describes it. */
export interface KnownContributor {
  readonly name: string
  readonly major: number
  readonly minor: number
  readonly domain: Domain
  readonly after: readonly string[]
  readonly readsMajors: readonly number[]
  readonly client: ContributorClient
}

/** All contributors, each after those it builds on. */
export interface Directory {
  contributors(signal: AbortSignal): Promise<readonly KnownContributor[]>
}

/** Asks the services anew each time: one may have been replaced by a later release meanwhile. */
export function contributorDirectory(
  services: Readonly<Record<string, ContributorClient>>,
  logger: Logger,
): Directory {
  async function of(
    service: string,
    client: ContributorClient,
    signal: AbortSignal,
  ): Promise<readonly KnownContributor[]> {
    try {
      const { contributors } = await client.listContributors({}, { signal })
      return contributors.map((one) => ({
        name: one.name ?? '',
        major: one.major ?? 0,
        minor: one.minor ?? 0,
        domain: domains.find((domain) => domain === one.domain) ?? 'core',
        after: one.after ?? [],
        readsMajors: one.readsMajors ?? [],
        client,
      }))
    } catch (error) {
      // While releases are mixed: one from before there were snapshots has nothing to give to them.
      if (!(error instanceof DomainError) || error.code !== 'rpc.unknown_method') throw error
      logger.warn({ service }, 'a service takes no part in snapshots')
      return []
    }
  }

  return {
    async contributors(signal) {
      const answers = await Promise.all(
        Object.entries(services).map(([service, client]) => of(service, client, signal)),
      )
      return inOrder(answers.flat())
    },
  }
}

/** Each after those it names, otherwise as given. Throws when they wait for each other. */
export function inOrder<T extends { readonly name: string; readonly after: readonly string[] }>(
  given: readonly T[],
): readonly T[] {
  const ordered: T[] = []
  const waiting = new Map(given.map((one) => [one.name, one]))
  if (waiting.size < given.length) throw new Error('two services contribute the same')
  while (waiting.size > 0) {
    const [next] = [...waiting.values()].filter(
      ({ after }) => !after.some((name) => waiting.has(name)),
    )
    if (!next) throw new Error(`these contributors wait for each other: ${[...waiting.keys()]}`)
    waiting.delete(next.name)
    ordered.push(next)
  }
  return ordered
}

/** Names of those a contributor builds on, and those they build on. */
export function foundations(
  name: string,
  all: readonly { readonly name: string; readonly after: readonly string[] }[],
): ReadonlySet<string> {
  const found = new Set<string>()
  const queue = [name]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const before of all.find((one) => one.name === at)?.after ?? []) {
      if (!found.has(before)) queue.push(before)
      found.add(before)
    }
  }
  found.delete(name)
  return found
}
