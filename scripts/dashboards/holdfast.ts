import { dashboard, type PanelSpec, type RowSpec } from './panels.ts'

const services = ['auth', 'network', 'rules', 'audit', 'backup', 'notify'] as const

/** Rate, errors, duration of the calls a service answers. */
const red = (service: (typeof services)[number]): RowSpec => ({
  title: `Calls · ${service}`,
  isCollapsed: true,
  panels: [
    {
      title: `${service}: calls`,
      description: `Calls ${service} answers, by method.`,
      unit: 'reqps',
      queries: [
        [
          '{{method}}',
          `sum by (method) (rate(holdfast_grpc_server_handled_total{@, service="${service}"}[$__rate_interval]))`,
        ],
      ],
    },
    {
      title: `${service}: failures of ours`,
      description: 'Share of calls that ended in a failure of the service and not of who called.',
      unit: 'percentunit',
      warning: 0.01,
      critical: 0.05,
      queries: [
        [
          'failed',
          `sum(rate(holdfast_grpc_server_handled_total{@, service="${service}", code=~"INTERNAL|UNKNOWN|UNAVAILABLE|DEADLINE_EXCEEDED|DATA_LOSS"}[$__rate_interval])) / sum(rate(holdfast_grpc_server_handled_total{@, service="${service}"}[$__rate_interval])) or 0 * sum(rate(holdfast_grpc_server_handled_total{@, service="${service}"}[$__rate_interval]))`,
        ],
      ],
    },
    {
      title: `${service}: duration`,
      description: 'From the arrival of a call to its answer, the wait for the archive included.',
      unit: 's',
      warning: 0.25,
      critical: 0.5,
      queries: [0.5, 0.99].map((quantile) => [
        `p${quantile * 100}`,
        `histogram_quantile(${quantile}, sum by (le) (rate(holdfast_grpc_server_handling_seconds_bucket{@, service="${service}"}[$__rate_interval])))`,
      ]),
    },
  ],
})

const overview: readonly PanelSpec[] = [
  {
    title: 'Log',
    description: '1 while changes are taken. Alerts: HoldfastLogClosed, HoldfastLogFrozen.',
    unit: 'none',
    isLowBad: true,
    critical: 1,
    queries: [['open', 'max(holdfast_log_writes{@, state="open"})']],
  },
  {
    title: 'Behind the log',
    description:
      'How old the oldest commit is that some read model does not include. Alert: HoldfastProjectionLag.',
    unit: 's',
    warning: 15,
    critical: 60,
    queries: [['read models', 'max(holdfast_projection_lag_seconds{@})']],
  },
  {
    title: 'Archive behind',
    description:
      'How old the oldest commit is that the archive does not hold. Alert: HoldfastArchiveLag.',
    unit: 's',
    warning: 10,
    critical: 30,
    queries: [['archive', 'max(holdfast_archive_lag_seconds{@})']],
  },
  {
    title: 'Last proven restore',
    description:
      'Since a restore was last proven to work; nothing while there was no drill. Alert: HoldfastRestoreNotProven.',
    unit: 's',
    warning: 172_800,
    critical: 691_200,
    noDataUntil: 'the first restore drill has succeeded',
    queries: [
      ['age', 'time() - max(holdfast_restore_drill_last_success_timestamp_seconds{@} > 0)'],
    ],
  },
  {
    title: 'Nodes online',
    description: 'Nodes heard of in the last 35 s. Alert: HoldfastNodeSilent.',
    unit: 'none',
    queries: [['online', 'max(holdfast_nodes{@, state="online"})']],
  },
  {
    title: 'Processes',
    description: 'Processes that give metrics. Alerts: HoldfastDown, HoldfastServiceDown.',
    unit: 'none',
    queries: [['up', 'count(holdfast_build_info{@})']],
  },
]

/** The control plane. */
export const holdfast = dashboard(
  {
    uid: 'holdfast',
    title: 'Holdfast',
    description: 'The control plane: requests, calls, the log, read models, Postgres, processes.',
  },
  [
    { title: 'Overview', kind: 'stat', panels: overview },
    {
      title: 'HTTP',
      panels: [
        {
          title: 'Requests',
          description: 'By class of answer.',
          unit: 'reqps',
          queries: [
            [
              '{{class}}',
              `sum by (class) (label_replace(rate(holdfast_http_request_duration_seconds_count{@}[$__rate_interval]), "class", "\${1}xx", "status", "(.).."))`,
            ],
          ],
        },
        {
          title: 'Failures of ours',
          description: 'Share of requests answered with a 5xx. Alert: HoldfastHttpErrors.',
          unit: 'percentunit',
          warning: 0.005,
          critical: 0.02,
          queries: [
            [
              '5xx',
              'sum(rate(holdfast_http_request_duration_seconds_count{@, status=~"5.."}[$__rate_interval])) / sum(rate(holdfast_http_request_duration_seconds_count{@}[$__rate_interval])) or 0 * sum(rate(holdfast_http_request_duration_seconds_count{@}[$__rate_interval]))',
            ],
          ],
        },
        {
          title: 'Latency',
          description:
            'From the request line to the last byte of the answer. Alert: HoldfastHttpSlow.',
          unit: 's',
          warning: 0.25,
          critical: 0.5,
          queries: [0.5, 0.9, 0.99].map((quantile) => [
            `p${quantile * 100}`,
            `histogram_quantile(${quantile}, sum by (le) (rate(holdfast_http_request_duration_seconds_bucket{@}[$__rate_interval])))`,
          ]),
        },
        {
          title: 'Slowest routes',
          description: 'The ten route templates with the highest p99.',
          unit: 's',
          warning: 0.25,
          critical: 0.5,
          queries: [
            [
              '{{method}} {{route}}',
              'topk(10, histogram_quantile(0.99, sum by (le, method, route) (rate(holdfast_http_request_duration_seconds_bucket{@}[$__rate_interval]))))',
            ],
          ],
        },
      ],
    },
    ...services.map(red),
    {
      title: 'Log (JetStream) and archive',
      panels: [
        {
          title: 'Commits appended',
          description: 'By the service that wrote them.',
          unit: 'cps',
          queries: [
            [
              '{{service}}',
              'sum by (service) (rate(holdfast_log_commits_total{@}[$__rate_interval]))',
            ],
          ],
        },
        {
          title: 'Append',
          description: 'From the decision to the acknowledgement of the log.',
          unit: 's',
          warning: 0.1,
          critical: 0.25,
          queries: [0.5, 0.99].map((quantile) => [
            `p${quantile * 100}`,
            `histogram_quantile(${quantile}, sum by (le) (rate(holdfast_log_append_seconds_bucket{@}[$__rate_interval])))`,
          ]),
        },
        {
          title: 'Conflicts and doubt',
          description: 'Appends another writer was faster than, and those that had to be repeated.',
          unit: 'cps',
          queries: [
            ['conflicts', 'sum(rate(holdfast_log_conflicts_total{@}[$__rate_interval]))'],
            ['repeated', 'sum(rate(holdfast_log_ambiguous_acks_total{@}[$__rate_interval]))'],
          ],
        },
        {
          title: 'Refused',
          description: 'Commands the log did not take, by code. Alert: HoldfastLogRefuses.',
          unit: 'cps',
          warning: 0.01,
          noDataUntil: 'the log has refused something',
          queries: [
            ['{{code}}', 'sum by (code) (rate(holdfast_log_refusals_total{@}[$__rate_interval]))'],
          ],
        },
        {
          title: 'Head, safe, archived',
          description: 'The three run together; what lies between head and safe may still vanish.',
          unit: 'none',
          queries: [
            ['head', 'max(holdfast_log_head_sequence{@})'],
            ['safe', 'max(holdfast_log_safe_sequence{@})'],
            ['archived', 'max(holdfast_archive_sequence{@})'],
          ],
        },
        {
          title: 'Room of the log',
          description: 'Share of what the log may take. Alert: HoldfastLogNearlyFull.',
          unit: 'percentunit',
          warning: 0.7,
          critical: 0.8,
          queries: [['used', 'max(holdfast_log_bytes{@} / holdfast_log_max_bytes{@})']],
        },
        {
          title: 'Free on the volumes',
          description: 'Where log, archive and database lie. Alert: HoldfastVolumeNearlyFull.',
          unit: 'bytes',
          queries: [['{{volume}}', 'min by (volume) (holdfast_volume_free_bytes{@})']],
        },
        {
          title: 'Archive groups',
          description: 'From the start of a group of commits to its last byte on the disk.',
          unit: 's',
          queries: [
            [
              'p99',
              'histogram_quantile(0.99, sum by (le) (rate(holdfast_archive_group_seconds_bucket{@}[$__rate_interval])))',
            ],
          ],
        },
      ],
    },
    {
      title: 'Proofs',
      panels: [
        {
          title: 'Checkpoint',
          description: 'Since the last checkpoint was signed. Alert: HoldfastCheckpointNotSigned.',
          unit: 's',
          queries: [['age', 'max(holdfast_audit_checkpoint_age_seconds{@})']],
        },
        {
          title: 'Commits without a checkpoint',
          description: 'Leaves of the tree the last checkpoint does not cover.',
          unit: 'none',
          queries: [
            [
              'commits',
              'max(holdfast_audit_tree_leaves{@}) - max(holdfast_audit_checkpoint_leaves{@})',
            ],
          ],
        },
        {
          title: 'Witnesses',
          description:
            'Nodes by how they stand to the last checkpoint. Alert: HoldfastWitnessRefuses.',
          unit: 'none',
          queries: [['{{state}}', 'max by (state) (holdfast_audit_witnesses{@})']],
        },
      ],
    },
    {
      title: 'Read models',
      panels: [
        {
          title: 'Lag in commits',
          description: 'Commits a read model does not include yet.',
          unit: 'none',
          queries: [['{{projection}}', 'max by (projection) (holdfast_projection_lag_commits{@})']],
        },
        {
          title: 'Lag in time',
          description: 'Alert: HoldfastProjectionLag.',
          unit: 's',
          warning: 15,
          critical: 60,
          queries: [['{{projection}}', 'max by (projection) (holdfast_projection_lag_seconds{@})']],
        },
        {
          title: 'Halted',
          description: '1 while it takes a person. Alert: HoldfastProjectionHalted.',
          unit: 'none',
          critical: 1,
          queries: [['{{projection}}', 'max by (projection) (holdfast_projection_halted{@})']],
        },
        {
          title: 'Batch',
          description: 'Time to write one batch of commits to the rows.',
          unit: 's',
          queries: [
            [
              '{{service}}',
              'histogram_quantile(0.99, sum by (le, service) (rate(holdfast_projection_batch_duration_seconds_bucket{@}[$__rate_interval])))',
            ],
          ],
        },
        {
          title: 'Equal to the log',
          description:
            '0 where a replay of the log came to other rows at the last check. Alert: HoldfastReadModelDiffers.',
          unit: 'none',
          isLowBad: true,
          critical: 1,
          noDataUntil: 'read models were checked for the first time',
          queries: [['{{projection}}', 'min by (projection) (holdfast_read_model_check_equal{@})']],
        },
      ],
    },
    {
      title: 'Postgres',
      panels: [
        {
          title: 'Connections',
          description: 'Of each pool, by state.',
          unit: 'none',
          queries: [
            ['{{pool}} {{state}}', 'sum by (pool, state) (holdfast_postgres_pool_connections{@})'],
          ],
        },
        {
          title: 'In use',
          description: 'Busy connections as a share of what the pool may have.',
          unit: 'percentunit',
          warning: 0.8,
          critical: 1,
          queries: [
            [
              '{{pool}}',
              'sum by (pool) (holdfast_postgres_pool_connections{@, state="busy"}) / sum by (pool) (holdfast_postgres_pool_max_connections{@})',
            ],
          ],
        },
        {
          title: 'Waiting',
          description: 'Requests that wait for a connection. Alert: HoldfastPoolExhausted.',
          unit: 'none',
          warning: 1,
          queries: [['{{pool}}', 'sum by (pool) (holdfast_postgres_pool_waiting_requests{@})']],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'CPU',
          description: 'Cores used.',
          unit: 'none',
          queries: [
            [
              '{{service}}',
              'sum by (service) (rate(process_cpu_seconds_total{@}[$__rate_interval]))',
            ],
          ],
        },
        {
          title: 'Memory',
          description: 'Resident.',
          unit: 'bytes',
          queries: [['{{service}}', 'sum by (service) (process_resident_memory_bytes{@})']],
        },
        {
          title: 'Event loop',
          description:
            'How long it stood still, p99 between two scrapes. Alert: HoldfastEventLoopBlocked.',
          unit: 's',
          warning: 0.1,
          critical: 0.25,
          queries: [['{{service}}', 'max by (service) (nodejs_eventloop_lag_p99_seconds{@})']],
        },
        {
          title: 'Certificates',
          description: 'Until they end. Alert: HoldfastCertificateEnding.',
          unit: 's',
          queries: [
            [
              '{{certificate}}',
              'min by (certificate) (holdfast_certificate_not_after_timestamp_seconds{@}) - time()',
            ],
          ],
        },
      ],
    },
    {
      title: 'Alerts and webhooks',
      panels: [
        {
          title: 'Open alerts',
          description: 'Alerts of Holdfast itself nobody has acknowledged, by severity.',
          unit: 'none',
          noDataUntil: 'there was an alert',
          queries: [['{{severity}}', 'max by (severity) (holdfast_alerts_open{@})']],
        },
        {
          title: 'Alerts raised',
          description: 'Alerts of Holdfast itself, by severity.',
          unit: 'none',
          noDataUntil: 'there was an alert',
          queries: [
            [
              '{{severity}}',
              'sum by (severity) (increase(holdfast_alerts_raised_total{@}[$__rate_interval]))',
            ],
          ],
        },
        {
          title: 'Waiting deliveries',
          description: 'Webhooks not delivered yet. Alert: HoldfastWebhookBacklog.',
          unit: 'none',
          queries: [['waiting', 'max(holdfast_webhook_pending_deliveries{@})']],
        },
        {
          title: 'Oldest waiting',
          description: 'Alert: HoldfastWebhookBacklog.',
          unit: 's',
          warning: 60,
          critical: 600,
          queries: [['age', 'max(holdfast_webhook_oldest_pending_seconds{@})']],
        },
        {
          title: 'Given up',
          description: 'Deliveries that can be sent again. Alert: HoldfastWebhookDeadLetters.',
          unit: 'none',
          warning: 1,
          queries: [['dead letters', 'max(holdfast_webhook_dead_deliveries{@})']],
        },
      ],
    },
  ],
)
