import { accessKeyKind } from '@holdfast/event-log'
import type { KeyService } from '@holdfast/proto'
import { type Handlers, NotVisible } from '@holdfast/service'
import type { KeyStore } from '../keys/key-store.ts'
import { organizationId, parseFields } from './parse.ts'

/** Kinds that are not one service's own: the gateway seals what it says of those it turns away, audit shows it. */
const sharedKinds: Readonly<Record<string, readonly string[]>> = {
  [accessKeyKind]: ['gateway', 'audit'],
}

const mayHave = (service: string, kind: string): boolean =>
  Object.hasOwn(sharedKinds, kind)
    ? sharedKinds[kind]?.includes(service) === true
    : kind === service && service !== 'gateway'

export function keyHandlers(keys: KeyStore): Handlers<typeof KeyService> {
  return {
    async getDataKeys(request, call) {
      const { owner_id: owner } = parseFields({ owner_id: organizationId(request.ownerId) })
      // A service has keys of its own kind; those of what people are called never leave this process.
      if (!mayHave(call.caller.service, request.kind)) throw NotVisible({})
      const dataKeys = await keys.dataKeys(owner, request.kind)
      return { keys: dataKeys.map(({ id, key, isActive }) => ({ id, key, isActive })) }
    },
  }
}
