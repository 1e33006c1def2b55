// What tests and benches need to be somebody. Nothing here is part of a running service.

export { type RpcAccess, rpcAccess } from './rpc-access.ts'
export { noRevocations, type TestTokens, testTokens } from './test-tokens.ts'
export { type ThrowawayAuthority, throwawayAuthority } from './throwaway-tls.ts'
