import { type Domain, nameKey, type SnapshotHeader } from '@holdfast/snapshot'
import type { Contents } from '../domain/contents.ts'
import type { OrganizationView } from '../queries/organizations.ts'
import type { KnownContributor } from '../snapshots/directory.ts'
import {
  OrganizationAmbiguous,
  OrganizationGone,
  SeveralOrganizations,
} from '../snapshots/snapshot-errors.ts'
import type { ImportWish, SectionStanding } from './import-store.ts'

/** Where one organization of the snapshot goes. */
export interface Target {
  /** As the snapshot calls it. */
  readonly name: string
  readonly description: string
  /** Undefined: it is yet to be made. */
  readonly organizationId: string | undefined
}

/** A section of the manifest, and who takes it. */
export interface PlannedSection {
  readonly standing: SectionStanding
  readonly contributor: KnownContributor | undefined
  readonly major: number
  readonly minor: number
}

export interface ImportPlan {
  readonly targets: readonly Target[]
  /** As many as the manifest has, in its order. */
  readonly sections: readonly PlannedSection[]
  readonly warnings: readonly string[]
}

/**
 * What would be done with a snapshot. Toggles go by what a section is here, not by what the file says of it: it may lie.
 * Throws `backup.several_organizations`,
 * `backup.organization_not_found` and `backup.organization_ambiguous`.
 */
export function planImport(
  { manifest }: Pick<SnapshotHeader, 'manifest'>,
  wish: Pick<ImportWish, 'organizationId' | 'contents'>,
  known: readonly KnownContributor[],
  organizations: readonly OrganizationView[],
): ImportPlan {
  const { length: count } = manifest.organizations
  if (wish.organizationId !== '' && count !== 1) throw SeveralOrganizations({ count })
  const targets = manifest.organizations.map(({ name, description }): Target => {
    if (wish.organizationId === '') {
      const found = calledSo(name, manifest.organizations, organizations)
      return { name, description, organizationId: found?.id }
    }
    const found = organizations.find((one) => one.id === wish.organizationId)
    if (!found) throw OrganizationGone({ organization: wish.organizationId })
    return { name, description, organizationId: found.id }
  })
  const wanted = (domain: Domain): boolean => domain === 'core' || wish.contents[domain]
  const sections = manifest.sections.map(({ contributor: name, organization, records }) => {
    const made = manifest.contributors.find((one) => one.name === name)
    const contributor = known.find((one) => one.name === name)
    const major = made?.major ?? 0
    const isRead =
      contributor !== undefined &&
      (contributor.major === major || contributor.readsMajors.includes(major))
    const status = !isRead ? 'schema_mismatch' : wanted(contributor.domain) ? 'ok' : 'left_out'
    return {
      standing: { name, organization, status, records } as const,
      contributor,
      major,
      minor: made?.minor ?? 0,
    }
  })
  return { targets, sections, warnings: warningsOf(sections, wish.contents) }
}

/**
 * Names of organizations are nobody's own: any tenant may take the name of another, so where several have it nobody but
 * the importer can say which is meant. Where two of the file are alike, each goes to the one of its very spelling alone,
 * for two never go into one.
 */
function calledSo(
  name: string,
  given: readonly { readonly name: string }[],
  organizations: readonly OrganizationView[],
): OrganizationView | undefined {
  const isAlike = (one: { readonly name: string }) => nameKey(one.name) === nameKey(name)
  const alike = organizations.filter(isAlike)
  const exact = alike.filter((one) => one.name === name)
  const isOneOfSeveral = given.filter(isAlike).length > 1
  const meant = exact.length > 0 || isOneOfSeveral ? exact : alike
  if (meant.length > 1) throw OrganizationAmbiguous({ name, count: meant.length })
  return meant[0]
}

function warningsOf(sections: readonly PlannedSection[], contents: Contents): readonly string[] {
  const warnings = new Set<string>()
  for (const { standing, contributor, major } of sections) {
    if (standing.status === 'schema_mismatch') {
      warnings.add(
        contributor
          ? `${standing.name} is of schema ${major}, which this release (schema ${contributor.major}) does not read: left out.`
          : `Nobody here knows ${standing.name}: left out.`,
      )
    }
    if (standing.status === 'left_out' && contributor?.domain === 'users' && !contents.users) {
      warnings.add('Users are in the snapshot and were not asked for: left out.')
    }
  }
  return [...warnings]
}
