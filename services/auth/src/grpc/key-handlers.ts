import type { KeyService } from '@holdfast/proto'
import { type Handlers, NotVisible } from '@holdfast/service'
import type { KeyStore } from '../keys/key-store.ts'
import { organizationId, parseFields } from './parse.ts'

export function keyHandlers(keys: KeyStore): Handlers<typeof KeyService> {
  return {
    async getDataKeys(request, call) {
      const { owner_id: owner } = parseFields({ owner_id: organizationId(request.ownerId) })
      // A service has keys of its own kind only; people's keys never leave this process.
      if (request.kind !== call.caller.service) throw NotVisible({})
      const dataKeys = await keys.dataKeys(owner, request.kind)
      return { keys: dataKeys.map(({ id, key, isActive }) => ({ id, key, isActive })) }
    },
  }
}
