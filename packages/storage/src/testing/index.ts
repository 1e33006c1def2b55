// Real servers on loopback, for tests of what uses storage.
export { type Apache, startApache } from '../webdav/testing/apache.ts'
export { contractHost } from './contract/hosts.ts'
