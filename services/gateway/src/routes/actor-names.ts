import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'

type Actor = { readonly kind?: string | null; readonly id?: string | null } | null | undefined

/** Ids in one call of NameUsers. */
const maxIds = 500

/**
 * User names of the people among these actors, by id; those the caller may not see are missing. The one place where
 * what people did gets their names: everywhere else they are ids.
 */
export async function actorNames(
  { users }: Clients,
  actors: Iterable<Actor>,
  request: FastifyRequest,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set<string>()
  for (const actor of actors) if (actor?.kind === 'user' && actor.id) ids.add(actor.id)
  const wanted = [...ids]
  const names = new Map<string, string>()
  // What people are called now, also in answers about the past.
  const { at: _at, ...options } = reading(request)
  for (let from = 0; from < wanted.length; from += maxIds) {
    const found = await users.nameUsers({ userIds: wanted.slice(from, from + maxIds) }, options)
    for (const { userId, username } of found.names) {
      if (userId && username) names.set(userId, username)
    }
  }
  return names
}
