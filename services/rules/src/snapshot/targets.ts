import { uuidV5 } from '@holdfast/domain'
import type { Target } from '@holdfast/policy'
import {
  type Batch,
  type JsonObject,
  oneNamed,
  promiseOf,
  promisesOf,
  type RecordFields,
} from '@holdfast/snapshot'
import { targetKinds } from '../codecs/rule-message.ts'
import { type Named, nothingNamed, type TargetNames, thingsNamed } from '../queries/target-names.ts'
import type { SnapshotParts } from './parts.ts'

/** What a rule is for, by names: `{ kind: 'peer', peer: 'laptop', interface: 'wg0', node: 'gw-1' }`. */
export interface NamedTarget extends TargetNames {
  readonly kind: Target['kind']
}

const maxName = 128

/** `names` undefined: it is gone. A rule for it is said all the same, and is left out where it is imported. */
export function targetRecord({ kind }: Target, names: TargetNames | undefined): JsonObject {
  const { site, node, interfaceName, peer } = names ?? {}
  return {
    kind,
    ...(site === undefined ? {} : { site }),
    ...(node === undefined ? {} : { node }),
    ...(interfaceName === undefined ? {} : { interface: interfaceName }),
    ...(peer === undefined ? {} : { peer }),
  }
}

/** Absent is everything. */
export function readTarget(fields: RecordFields | undefined): NamedTarget {
  if (!fields) return { kind: 'everything' }
  fields.allow('kind', 'site', 'node', 'interface', 'peer')
  const kind = fields.word('kind', targetKinds) ?? 'everything'
  const named = (field: string) => (fields.has(field) ? fields.text(field, maxName) : undefined)
  const [site, node, interfaceName, peer] = ['site', 'node', 'interface', 'peer'].map(named)
  return {
    kind,
    ...(site === undefined ? {} : { site }),
    ...(node === undefined ? {} : { node }),
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(peer === undefined ? {} : { peer }),
  }
}

/** Finds what names mean in the organization imported into; undefined where they mean nothing, or several things. */
export type FindTarget = (target: NamedTarget) => Target | undefined

/** Only in that organization: names of another one's things lead nowhere. */
export async function targetsFor(
  { postgres, caughtUp }: SnapshotParts,
  batch: Batch,
  wanted: readonly NamedTarget[],
): Promise<FindTarget> {
  const { organizationId, targetNodeId, targetSiteId } = batch
  let named: Named = nothingNamed
  if (organizationId !== '') {
    await caughtUp()
    named = await thingsNamed(postgres, organizationId, wanted, {
      siteId: targetSiteId,
      nodeId: targetNodeId,
    })
  }
  const promised = batch.isDryRun ? promisesOf(batch) : new Map<string, string>()
  const called = ({ name }: { readonly name: string }): string => name
  /** Of what is yet to be made: as good as any id for judging. */
  const imagined = (kind: string, ...names: readonly (string | undefined)[]) => {
    const promise = promiseOf(kind, ...names.map((name) => name ?? ''))
    return promised.has(promise) ? uuidV5(imaginedNamespace, promise) : undefined
  }

  function nodeOf(node: string): string | undefined {
    const found = oneNamed(named.nodes, node, called)
    return (found ?? named.nodes.find(({ id }) => id === targetNodeId))?.id
  }
  function interfaceOf({ node = '', interfaceName = '' }: TargetNames): string | undefined {
    const nodeId = nodeOf(node)
    const there = named.interfaces.filter((one) => one.nodeId === nodeId)
    return oneNamed(there, interfaceName, called)?.id
  }

  return ({ kind, ...names }) => {
    const { site, node = '', interfaceName = '', peer = '' } = names
    const of = (id: string | undefined): Target | undefined =>
      id === undefined || kind === 'everything' ? undefined : { kind, id }
    switch (kind) {
      case 'everything':
        return { kind }
      case 'site':
        if (site === undefined) return undefined
        // All nodes go there, so what held at their sites holds there.
        if (targetSiteId !== '') return of(named.sites.find(({ id }) => id === targetSiteId)?.id)
        return of(oneNamed(named.sites, site, called)?.id ?? imagined('site', site))
      case 'node':
      case 'uplinks':
        return of(nodeOf(node) ?? imagined('node', node))
      case 'interface':
        return of(interfaceOf(names) ?? imagined('interface', interfaceName, node))
      case 'peer': {
        const there = named.peers.filter((one) => one.interfaceId === interfaceOf(names))
        const found = oneNamed(there, peer, called)?.id
        return of(found ?? imagined('peer', peer, interfaceName, node))
      }
    }
  }
}

/** Namespace of ids that stand for what a dry run has only been promised. */
const imaginedNamespace = '5d0c6a0e-7c0f-5f1d-9b0a-6a4c3c1f2e77'

/** What could not be found, for people. */
export function targetShown({ kind, site, node, interfaceName, peer }: NamedTarget): string {
  const what = [peer, interfaceName, node ?? site].filter((one) => one !== undefined)
  const of = kind === 'uplinks' ? 'node' : kind
  if (what.length === 0) return `it was for a ${of} that was gone already`
  return `there is no ${of} ${what.join(' at ')}, or several of that name`
}
