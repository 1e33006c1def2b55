import type { OrganizationId } from '@holdfast/domain'
import { type Postgres, type ReadScope, relation, sql } from '@holdfast/postgres'
import { holdfast } from '@holdfast/proto'
import { testFrom } from '../codecs/rule-message.ts'
import type { PolicyTest } from '../domain/rule-set-state.ts'

/** The organization of a policy test, also of one that was deleted. */
export async function homeOfPolicyTest(
  postgres: Postgres,
  id: string,
): Promise<OrganizationId | undefined> {
  const [row] = await postgres.query<{ organization_id: OrganizationId }>(
    sql`select organization_id from rules.policy_tests where test_id = ${id}::uuid`,
  )
  return row?.organization_id
}

/** By name, of one organization when it is given; as they were after `at` when it is given. */
export async function listPolicyTests(
  postgres: Postgres,
  scope: ReadScope,
  organizationId: string,
  at?: bigint,
): Promise<readonly PolicyTest[]> {
  const rows = await postgres.read(scope, (tx) =>
    tx.query<{ test: Uint8Array }>(sql`
      select test from ${relation('rules', 'policy_tests', at)} t
      where not is_deleted
        and ${organizationId === '' ? sql`true` : sql`organization_id = ${organizationId}::uuid`}
      order by name_key, test_id`),
  )
  return rows.map(({ test }) => testFrom(holdfast.rules.v1.PolicyTest.decode(test)))
}
