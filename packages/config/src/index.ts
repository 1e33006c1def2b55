export {
  ConfigError,
  type Definition,
  defineConfig,
  type SettingRow,
  type Spec,
  type Values,
} from './define-config.ts'
export { Secret } from './secret.ts'
export type { Env, Fault, Read, Setting, SettingOptions } from './setting.ts'
export {
  type Address,
  address,
  durationMs,
  flag,
  integer,
  list,
  oneOf,
  path,
  secret,
  text,
} from './settings.ts'
