export { type TestNats, testNats } from './nats.ts'
export { type TestPostgres, testPostgres } from './postgres.ts'
export { type Spec, spec } from './spec.ts'
export {
  type TestTool,
  type TestToolName,
  testPackages,
  testTool,
  testTools,
  type UnpackedPackages,
} from './tools.ts'
