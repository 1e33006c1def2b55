import { defineConfig, integer, list, secret, text } from '@holdfast/config'
import { edgeSettings } from '@holdfast/service'

const perMinute = (variable: string, fallback: string, doc: string) =>
  integer(variable, { default: fallback, min: 0, max: 100_000_000, doc: `${doc} Zero is off.` })

export const settings = defineConfig({
  ...edgeSettings('gateway'),
  httpHost: text('HOLDFAST_HTTP_HOST', {
    default: '0.0.0.0',
    doc: 'Where the public port listens.',
  }),
  httpPort: integer('HOLDFAST_HTTP_PORT', {
    default: '8080',
    min: 0,
    max: 65_535,
    doc: 'The public port: REST, OpenAPI, events.',
  }),
  trustedProxies: list('HOLDFAST_HTTP_TRUSTED_PROXIES', {
    optional: true,
    doc: 'Addresses or CIDRs of reverse proxies whose X-Forwarded-For is believed. None when not set.',
  }),
  requestsPerPrincipal: perMinute(
    'HOLDFAST_HTTP_RATE_LIMIT',
    '60000',
    'Requests a minute of one signed-in principal.',
  ),
  requestsPerAddress: perMinute(
    'HOLDFAST_HTTP_RATE_LIMIT_ADDRESS',
    '1200',
    'Requests a minute of one address that is not signed in.',
  ),
  signInsPerAddress: perMinute(
    'HOLDFAST_HTTP_RATE_LIMIT_SIGN_IN',
    '60',
    'Sign-ins, refreshes and enrolments a minute of one address.',
  ),
  metricsTargets: list('HOLDFAST_METRICS_TARGETS', {
    optional: true,
    doc: 'Services whose metrics /api/v1/metrics gathers, each name=host:port.',
  }),
  metricsToken: secret('HOLDFAST_METRICS_TOKEN', {
    optional: true,
    doc: 'Bearer token for /api/v1/metrics. Without one, production serves it to this host only.',
  }),
})
