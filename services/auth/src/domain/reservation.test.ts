import { spec } from '@holdfast/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EmailTaken, UsernameTaken } from './errors.ts'
import { alice, bob } from './fixtures.ts'
import { type ReservationCommand, type ReservationEvent, reservation } from './reservation.ts'

const { given } = spec(reservation)
const byAlice: ReservationEvent = { type: 'NameReserved', userId: alice }
const reserve = (userId: typeof alice, abandoned?: typeof alice): ReservationCommand => ({
  type: 'Reserve',
  kind: 'username',
  userId,
  ...(abandoned ? { abandoned } : {}),
})

test('a name has one holder, who may ask again', () => {
  given().when(reserve(alice)).expects(byAlice)
  given(byAlice).when(reserve(alice)).expects()
  given(byAlice).when(reserve(bob)).rejects(UsernameTaken)
  given(byAlice).when({ type: 'Reserve', kind: 'email', userId: bob }).rejects(EmailTaken)
})

test('a name is taken over from the holder who was abandoned, and from nobody else', () => {
  given(byAlice)
    .when(reserve(bob, alice))
    .expects({ type: 'NameReleased', userId: alice }, { type: 'NameReserved', userId: bob })
  given({ type: 'NameReserved', userId: bob }).when(reserve(alice, alice)).rejects(UsernameTaken)
})

test('only the holder gives a name back', () => {
  given(byAlice)
    .when({ type: 'Release', userId: alice })
    .expects({ type: 'NameReleased', userId: alice })
  given(byAlice).when({ type: 'Release', userId: bob }).expects()
  given().when({ type: 'Release', userId: alice }).expects()
})

test('whatever is asked: whoever was told they hold the name, holds it', () => {
  const who = fc.constantFrom(alice, bob)
  const command: fc.Arbitrary<ReservationCommand> = fc.oneof(
    who.map((userId) => reserve(userId)),
    fc.tuple(who, who).map(([userId, abandoned]) => reserve(userId, abandoned)),
    who.map((userId): ReservationCommand => ({ type: 'Release', userId })),
  )
  fc.assert(
    fc.property(fc.array(command), (commands) => {
      let state = reservation.initial()
      for (const one of commands) {
        try {
          for (const event of reservation.decide(one, state)) {
            state = reservation.evolve(state, event)
          }
        } catch (error) {
          expect(UsernameTaken.is(error)).toBe(true)
          expect(state.holder).not.toBe(one.userId)
          continue
        }
        if (one.type === 'Reserve') expect(state.holder).toBe(one.userId)
        else expect(state.holder).not.toBe(one.userId)
      }
    }),
  )
})
