import { invalid } from '@holdfast/errors'
import { type Postgres, parsePage } from '@holdfast/postgres'
import type { ValidationService } from '@holdfast/proto'
import { Fields, type Handlers, parseId } from '@holdfast/service'
import { SuperAdminOnly } from '../domain/backup-errors.ts'
import { validationResults } from '../domain/validation.ts'
import { organizationsFor } from '../queries/organizations.ts'
import { OrganizationGone } from '../snapshots/snapshot-errors.ts'
import { listValidations } from '../validation/validation-store.ts'
import type { Validations } from '../validation/validations.ts'
import { isOfInstance, scopeOf } from './scope.ts'

export interface ValidationHandlerParts {
  readonly postgres: Postgres
  readonly validations: Pick<Validations, 'run' | 'nextRunUnixMs'>
  /** Waits until the read models include everything that is safe. */
  catchUpToHead(): Promise<void>
}

const maxListed = 200

export function validationHandlers({
  postgres,
  validations,
  catchUpToHead,
}: ValidationHandlerParts): Handlers<typeof ValidationService> {
  return {
    async listValidations({ limit, cursor, organizationId, result }, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.check()
      if (result !== '' && !validationResults.some((word) => word === result)) {
        const detail = `must be one of ${validationResults.join(', ')}`
        throw invalid({ field: 'result', code: 'unknown', detail })
      }
      if (organizationId !== '') call.caller.require('backup.view', organizationId)
      const page = parsePage(limit, cursor, maxListed)
      const scope = scopeOf(call, 'backup.view')
      const found = await listValidations(postgres, scope, { organizationId, result }, page)
      return {
        validations: [...found.rows],
        nextCursor: found.nextCursor,
        nextRunUnixMs: validations.nextRunUnixMs(),
      }
    },

    async runValidations({ organizationId }, call) {
      const fields = new Fields()
      fields.takeOptional(parseId, organizationId, 'organization_id')
      fields.check()
      if (organizationId !== '') {
        call.caller.require('backup.create', organizationId)
        await catchUpToHead()
        const [found] = await organizationsFor(postgres, organizationId)
        if (!found) throw OrganizationGone({ organization: organizationId })
      } else if (!isOfInstance(call, 'backup.create')) {
        throw SuperAdminOnly({ what: 'Validating the backups of all organizations' })
      }
      const { runId, organizationIds } = await validations.run(organizationId)
      return { runId, organizationIds: [...organizationIds] }
    },
  }
}
