export { version } from '@holdfast/telemetry'
