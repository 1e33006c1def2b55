import * as proto from '@holdfast/proto'
import { EnrolmentService } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { EffectsOff, outwardMethods, withoutEffects } from './effects.ts'

test('every outward method is one there is', () => {
  const paths = Object.values(proto).flatMap((table) =>
    typeof table === 'object' && table !== null
      ? Object.values(table as object).flatMap((method) =>
          typeof method === 'object' && method !== null && 'path' in method
            ? [String(method.path)]
            : [],
        )
      : [],
  )
  for (const path of outwardMethods) expect(paths).toContain(path)
})

test('what acts outside is refused, the rest answers', async () => {
  const answer = () => Promise.resolve({})
  const handlers = withoutEffects(EnrolmentService, {
    createEnrolmentToken: answer,
    redeemEnrolmentToken: answer,
    renewNodeIdentity: answer,
    revokeNode: answer,
  } as never)
  const call = {} as never
  for (const name of ['createEnrolmentToken', 'redeemEnrolmentToken', 'renewNodeIdentity'] as const)
    await expect(handlers[name]({} as never, call)).rejects.toSatisfy(EffectsOff.is)
  await expect(handlers.revokeNode({} as never, call)).resolves.toEqual({})
})
