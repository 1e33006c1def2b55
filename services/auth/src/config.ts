import { defineConfig, integer, oneOf, path, secret, text } from '@holdfast/config'
import { agentDoorSettings, commonSettings } from '@holdfast/service'

const perMinute = { min: 1, max: 10_000 }

/** Every setting of auth. */
export const settings = defineConfig({
  ...commonSettings('auth'),
  rootKey: secret('HOLDFAST_ROOT_KEY', {
    optional: true,
    doc: 'Root key: 32 bytes, base64. Wraps every key of the key store. Required unless HOLDFAST_SEAL=shamir.',
  }),
  rootKeyReplace: path('HOLDFAST_ROOT_KEY_REPLACE', {
    optional: true,
    doc: 'Where auth itself keeps the root key, when it does: the file HOLDFAST_ROOT_KEY_FILE names. A rotation replaces it.',
  }),
  rootKeyNextFile: path('HOLDFAST_ROOT_KEY_NEXT_FILE', {
    optional: true,
    doc: 'File of the root key that a rotation takes when the present one comes from elsewhere. Read when it is needed; may be missing until then.',
  }),
  seal: oneOf('HOLDFAST_SEAL', ['none', 'shamir'], {
    default: 'none',
    doc: 'shamir: the root key is on no disk, and every start waits for shards of it (docs/root-key.md).',
  }),
  keysDir: path('HOLDFAST_KEYS_DIR', {
    doc: 'The key store. Nothing sealed can be read without it: back it up.',
  }),
  natsSigningSeedFile: path('HOLDFAST_NATS_SIGNING_SEED_FILE', {
    doc: 'Seed of the account signing key that signs the NATS users of nodes.',
  }),
  natsAccount: text('HOLDFAST_NATS_ACCOUNT', {
    pattern: /A[A-Z2-7]{55}/,
    doc: 'Public key of the NATS account nodes belong to.',
  }),
  ...agentDoorSettings,
  loginsPerMinute: integer('HOLDFAST_AUTH_LOGINS_PER_MINUTE', {
    ...perMinute,
    default: '10',
    doc: 'Sign-in attempts by account, and by source address, in the long run.',
  }),
  loginBurst: integer('HOLDFAST_AUTH_LOGIN_BURST', {
    ...perMinute,
    default: '5',
    doc: 'Sign-in attempts at once.',
  }),
  refreshesPerMinute: integer('HOLDFAST_AUTH_REFRESHES_PER_MINUTE', {
    ...perMinute,
    default: '60',
    doc: 'Refreshes of one session in the long run.',
  }),
  refreshBurst: integer('HOLDFAST_AUTH_REFRESH_BURST', {
    ...perMinute,
    default: '20',
    doc: 'Refreshes of one session at once.',
  }),
})
