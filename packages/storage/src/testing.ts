// Real servers on loopback, for tests of what uses storage.

export { contractHost } from './testing/contract/hosts.ts'
export { type Apache, startApache } from './webdav/testing/apache.ts'
