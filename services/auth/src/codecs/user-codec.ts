import { holdfast } from '@holdfast/proto'
import type { UserEvent } from '../domain/user.ts'
import { eventCodec } from './event-codec.ts'
import { bindingFrom, bindingToStored, sealedFrom } from './stored-fields.ts'

const {
  DataKeyDestroyed,
  PasswordChanged,
  RoleGranted,
  RoleRevoked,
  UserAbandoned,
  UserCreated,
  UserDisabled,
  UserEnabled,
  UserErased,
} = holdfast.auth.v1

export const userCodec = eventCodec<UserEvent>({
  UserCreated: {
    encode: ({ username, email, displayName, passwordHash }) =>
      UserCreated.encode({ username, email, displayName, passwordHash }).finish(),
    decode: (data) => {
      const { username, email, displayName, passwordHash } = UserCreated.decode(data)
      return {
        username: sealedFrom(username, 'username'),
        email: sealedFrom(email, 'email'),
        displayName: sealedFrom(displayName, 'display_name'),
        passwordHash: sealedFrom(passwordHash, 'password_hash'),
      }
    },
  },
  PasswordChanged: {
    encode: ({ passwordHash }) => PasswordChanged.encode({ passwordHash }).finish(),
    decode: (data) => ({
      passwordHash: sealedFrom(PasswordChanged.decode(data).passwordHash, 'password_hash'),
    }),
  },
  RoleGranted: {
    encode: ({ binding }) => RoleGranted.encode({ binding: bindingToStored(binding) }).finish(),
    decode: (data) => ({ binding: bindingFrom(RoleGranted.decode(data).binding) }),
  },
  RoleRevoked: {
    encode: ({ binding }) => RoleRevoked.encode({ binding: bindingToStored(binding) }).finish(),
    decode: (data) => ({ binding: bindingFrom(RoleRevoked.decode(data).binding) }),
  },
  UserDisabled: { encode: () => UserDisabled.encode({}).finish(), decode: () => ({}) },
  UserEnabled: { encode: () => UserEnabled.encode({}).finish(), decode: () => ({}) },
  UserAbandoned: { encode: () => UserAbandoned.encode({}).finish(), decode: () => ({}) },
  UserErased: { encode: () => UserErased.encode({}).finish(), decode: () => ({}) },
  DataKeyDestroyed: {
    encode: ({ ownerId, kinds }) =>
      DataKeyDestroyed.encode({ ownerId, kinds: [...kinds] }).finish(),
    decode: (data) => {
      const { ownerId, kinds } = DataKeyDestroyed.decode(data)
      return { ownerId, kinds }
    },
  },
})
