// The arrows of docs/architecture.md, as a check.
const service = '^services/([^/]+)/src'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'Decisions know domain, errors and net, and nothing that does I/O.',
      severity: 'error',
      from: { path: `${service}/domain/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: '.',
        pathNot: ['^services/[^/]+/src/domain/', '^packages/(domain|errors|net|policy)/'],
      },
    },
    {
      name: 'services-do-not-meet',
      comment: 'One service reaches another through proto/ alone.',
      severity: 'error',
      from: { path: service, pathNot: '\\.test\\.ts$' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-never-look-back',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(services|cli|runtime)/' },
    },
    {
      name: 'only-event-log-imports-nats',
      severity: 'error',
      from: {
        pathNot: ['^packages/(event-log|embedded|testkit)/', '\\.test\\.ts$', '^bench/', '^test/'],
      },
      to: { path: '^node_modules/nats/' },
    },
    {
      name: 'only-postgres-imports-pg',
      severity: 'error',
      from: {
        pathNot: ['^packages/(postgres|embedded|testkit)/', '\\.test\\.ts$', '^bench/', '^test/'],
      },
      to: { path: '^node_modules/pg/' },
    },
    {
      name: 'packages-have-one-face',
      comment: 'From outside, a package is its index.',
      severity: 'error',
      from: { path: '^(packages|services)/([^/]+)/' },
      to: {
        path: '^packages/([^/]+)/src/',
        pathNot: [
          '^packages/$2/',
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/event-log/src/admin/index\\.ts$',
          '^packages/(compensation|policy|service|snapshot|storage)/src/testing\\.ts$',
        ],
      },
    },
    {
      name: 'verify-stands-alone',
      comment: 'Who trusts neither server nor administrator can read all of what judges them.',
      severity: 'error',
      from: { path: '^packages/verify/src/', pathNot: ['\\.test\\.ts$', '/testing/'] },
      to: { path: '^(packages|node_modules)/', pathNot: '^packages/(verify|merkle|archive)/' },
    },
    {
      name: 'main-is-the-root',
      comment: 'Nothing imports a composition root.',
      severity: 'error',
      from: {},
      to: { path: '^services/[^/]+/src/main\\.ts$' },
    },
    {
      name: 'queries-and-projections-stay-apart',
      severity: 'error',
      from: { path: `${service}/(queries|projections)/` },
      to: { path: '^services/[^/]+/src/(grpc|commands)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/dist/', '/gen/messages'] },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
}
