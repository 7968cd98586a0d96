import { gridOver, milliseconds, type TimeGrid, type TimeRange } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type {
  ApplicationPage,
  ApplicationRow,
  Chart,
  EngineApi,
  Finding,
  IncidentImpact,
  Overview,
  Report,
  ServiceMap,
  ServiceMapEdge,
  SloState,
} from '@gumshoe/engine/api';
import type { ApplicationId, Evidence, Health, InstanceId, NodeId } from '@gumshoe/model/entities';
import { FailureError } from '@gumshoe/base/failure';
import { shopFlameGraph } from './shop-profile.ts';
import { shopBudget, shopCosts, shopDeployments, shopRisks } from './shop-posture.ts';
import { shopLogs } from './shop-logs.ts';
import { shopTrace, shopTraces } from './shop-traces.ts';

/** The demo's shop while its orders table is locked: an EngineApi with fixed answers, for harness and tests. */
export const applicationId = (name: string): ApplicationId => `_:SystemdUnit:${name}` as ApplicationId;

const FAULT_SHARE = 0.6;

/** When the lock began, within a window. */
const onsetOf = (range: TimeRange) =>
  milliseconds(Math.round(range.from + (range.to - range.from) * FAULT_SHARE));

function noise(seed: number, at: number): number {
  const value = Math.sin(seed * 12.9898 + at * 78.233) * 43_758.5453;
  return value - Math.floor(value);
}

/** A line that changes from one level to another at the onset. */
function step(grid: TimeGrid, onset: number, before: number, after: number, seed: number): Float64Array {
  return Float64Array.from({ length: grid.points }, (_, i) => {
    const level = grid.from + i * grid.step < onset ? before : after;
    return level * (0.92 + 0.16 * noise(seed, i));
  });
}

interface Shape {
  readonly name: string;
  readonly type: string;
  readonly health: Health;
  readonly rate: number;
  readonly errors: number;
  readonly p99: number;
  readonly up: number;
  readonly known: number;
  readonly findings: number;
}

const SHAPES: readonly Shape[] = [
  {
    name: 'loadgen',
    type: 'nodejs',
    health: 'ok',
    rate: NaN,
    errors: NaN,
    p99: NaN,
    up: 1,
    known: 1,
    findings: 0,
  },
  {
    name: 'frontend',
    type: 'nginx',
    health: 'critical',
    rate: 118,
    errors: 0.31,
    p99: 5.02,
    up: 1,
    known: 1,
    findings: 2,
  },
  {
    name: 'api',
    type: 'nodejs',
    health: 'critical',
    rate: 117,
    errors: 0.31,
    p99: 5.01,
    up: 2,
    known: 2,
    findings: 2,
  },
  {
    name: 'orders',
    type: 'python',
    health: 'critical',
    rate: 36.4,
    errors: 0.98,
    p99: 5,
    up: 1,
    known: 1,
    findings: 2,
  },
  {
    name: 'postgres',
    type: 'postgres',
    health: 'warning',
    rate: 36.4,
    errors: 0,
    p99: 5,
    up: 1,
    known: 1,
    findings: 1,
  },
  {
    name: 'redis',
    type: 'redis',
    health: 'ok',
    rate: 234,
    errors: 0,
    p99: 0.0012,
    up: 1,
    known: 1,
    findings: 0,
  },
];

function slo(kind: SloState['kind'], bad: boolean, range: TimeRange, requests: number): SloState {
  return {
    kind,
    objective: 0.99,
    ...(kind === 'latency' ? { threshold: 0.5 } : {}),
    compliance: bad ? 0.874 : 0.9991,
    health: bad ? 'critical' : 'ok',
    budgetLeft: bad ? -11.6 : 0.91,
    errorBudget: shopBudget(range, onsetOf(range), bad),
    burnRates: [
      {
        longWindow: 3_600_000,
        shortWindow: 300_000,
        threshold: 14.4,
        longRate: bad ? 31.2 : 0.1,
        shortRate: bad ? 30.8 : 0.1,
        firing: bad,
      },
    ],
    ...(bad ? { since: onsetOf(range) } : {}),
    requests,
    failed: bad ? Math.round(requests * 0.126) : 3,
    evidence: [],
  };
}

function rowOf(shape: Shape, range: TimeRange): ApplicationRow {
  const served = shape.name === 'frontend' || shape.name === 'api' || shape.name === 'orders';
  const bad = shape.health === 'critical';
  const grid = gridOver(range, 15_000);
  return {
    id: applicationId(shape.name),
    name: shape.name,
    kind: 'SystemdUnit',
    type: shape.type,
    health: shape.health,
    requestRate: shape.rate,
    errorRatio: shape.errors,
    p99: shape.p99,
    slos: served ? [slo('availability', bad, range, 98_000), slo('latency', bad, range, 98_000)] : [],
    instances: { up: shape.up, known: shape.known },
    findings: shape.findings,
    lastSeen: range.to,
    sparkline: Number.isNaN(shape.rate)
      ? new Float64Array(grid.points).fill(NaN)
      : step(grid, onsetOf(range), shape.rate * 1.6, shape.rate, shape.name.length),
  };
}

const FRONTEND_FAILS = 'frontend fails 31 % of its requests since the onset; its objective allows 1 %.';
const ORDERS_ARE_SLOW =
  'orders answers 2 % of its requests within 500 ms since the onset; its objective wants 99 %.';

const impactOf = (
  range: TimeRange,
  name: string,
  slo: 'availability' | 'latency',
  impact: number,
  summary: string,
): IncidentImpact => ({
  application: applicationId(name),
  name,
  slo,
  severity: 'critical',
  openedAt: onsetOf(range),
  impact,
  budgetSpent: impact / 10,
  summary,
});

function overview(range: TimeRange): Overview {
  return {
    range,
    applications: SHAPES.map((shape) => rowOf(shape, range)),
    incidents: [
      {
        id: 'frontend-availability',
        application: applicationId('frontend'),
        name: 'frontend',
        severity: 'critical',
        openedAt: onsetOf(range),
        slo: 'availability',
        impact: 0.31,
        budgetSpent: 0.031,
        summary: FRONTEND_FAILS,
        impacts: [
          impactOf(range, 'frontend', 'availability', 0.31, FRONTEND_FAILS),
          impactOf(range, 'orders', 'latency', 0.98, ORDERS_ARE_SLOW),
        ],
      },
    ],
    nodes: [
      {
        id: 'f1c0' as NodeId,
        hostname: 'build-1',
        health: 'ok',
        cpuUsage: 0.43,
        memoryUsage: 0.21,
        applications: 6,
      },
    ],
    blindSpots: [
      {
        subject: 'TLS payloads',
        reason: 'no program for OpenSSL is attached.',
        cost: 'Requests inside TLS are seen as connections only.',
      },
    ],
  };
}

function edge(client: string, server: string, part: Partial<ServiceMapEdge>): ServiceMapEdge {
  return {
    client: applicationId(client),
    server: applicationId(server),
    protocols: ['http'],
    health: 'ok',
    reasons: [],
    requestRate: 100,
    p99: 0.02,
    averageLatency: 0.006,
    errorRatio: 0,
    failedConnects: 0,
    bytesPerSecond: 120_000,
    evidence: [],
    ...part,
  };
}

const SLOW = {
  health: 'critical',
  p99: 5.01,
  errorRatio: 0.31,
  reasons: ['p99 5.01 s, objective 500 ms'],
} as const;

function edges(): ServiceMapEdge[] {
  return [
    edge('loadgen', 'frontend', { ...SLOW, requestRate: 118 }),
    edge('frontend', 'api', { ...SLOW, requestRate: 117 }),
    edge('api', 'orders', { ...SLOW, requestRate: 36.4, errorRatio: 0.98 }),
    edge('orders', 'postgres', { ...SLOW, protocols: ['postgres'], requestRate: 36.4, errorRatio: 0 }),
    edge('api', 'redis', { protocols: ['redis'], requestRate: 234, p99: 0.0012 }),
  ];
}

function serviceMap(range: TimeRange): ServiceMap {
  return {
    range,
    nodes: SHAPES.map((shape) => ({
      id: applicationId(shape.name),
      name: shape.name,
      type: shape.type,
      kind: 'SystemdUnit',
      health: shape.health,
      reasons: shape.health === 'ok' ? [] : [`p99 5 s over the last minute, objective 500 ms`],
      instances: { up: shape.up, known: shape.known },
      requestRate: shape.rate,
      errorRatio: shape.errors,
      p99: shape.p99,
    })),
    edges: edges(),
  };
}

function promqlEvidence(query: string, range: TimeRange, summary: string): Evidence {
  return { kind: 'promql', query, from: range.from, to: range.to, summary };
}

function report(range: TimeRange): Report {
  const onset = onsetOf(range);
  const path = ['frontend', 'api', 'orders', 'postgres'].map(applicationId);
  return {
    schema: 'gumshoe.report/1',
    window: range,
    impacted: [
      {
        application: applicationId('frontend'),
        slo: 'availability',
        since: onset,
        impact: 0.31,
        severity: 'critical',
        message: 'frontend fails 31 % of its requests.',
      },
    ],
    causes: [
      {
        rank: 1,
        application: applicationId('postgres'),
        instance: 'postgres' as InstanceId,
        kind: 'postgres-lock',
        title: 'Sessions on postgres wait for a lock on table orders',
        signal: 'pg_lock_awaiting_queries',
        score: 0.94,
        onset,
        path,
        evidence: [
          promqlEvidence(
            'pg_lock_awaiting_queries',
            range,
            '16 sessions wait for a lock, 0 before the onset.',
          ),
          promqlEvidence(
            'histogram_quantile(0.99, sum by (le) (rate(container_postgres_queries_duration_seconds_total_bucket[1m])))',
            range,
            'p99 of queries from orders rose from 3.1 ms to 5 s.',
          ),
          {
            kind: 'traces',
            query: JSON.stringify({ traceId: 't0', serviceName: 'orders' }),
            from: range.from,
            to: range.to,
            summary: 'An example: INSERT INTO orders at postgres took 5 s.',
          },
          {
            kind: 'logs',
            query: JSON.stringify({ serviceName: 'orders', severities: ['ERROR', 'FATAL'] }),
            from: range.from,
            to: range.to,
            summary: 'orders logged: canceling statement due to lock timeout',
          },
        ],
        remediation:
          'Find the blocking session in pg_stat_activity (pid 4711, LOCK TABLE orders IN ACCESS EXCLUSIVE MODE) and end it with pg_terminate_backend.',
      },
      {
        rank: 2,
        application: applicationId('orders'),
        kind: 'slow-dependency',
        title: 'orders answers slowly because its calls to postgres do',
        signal: 'container_http_requests_duration_seconds_total',
        score: 0.41,
        onset: milliseconds(onset + 4000),
        path: path.slice(0, 3),
        evidence: [
          promqlEvidence('rate(container_http_requests_total[1m])', range, '98 % of requests fail.'),
        ],
        remediation: 'Nothing here until the first cause is gone.',
      },
    ],
    cleared: [
      {
        application: applicationId('redis'),
        signal: 'container_redis_queries_duration_seconds_total',
        reason: 'p99 stays at 1.2 ms',
      },
      {
        application: applicationId('api'),
        signal: 'container_resources_cpu_usage_seconds_total',
        reason: '0.31 cores, 0.33 before',
      },
      {
        application: applicationId('orders'),
        signal: 'container_oom_kills_total',
        reason: 'no kill in the window',
      },
    ],
    notExamined: [{ subject: 'deployments', reason: 'no Kubernetes or package events are read' }],
    summary:
      'Since the onset frontend fails 31 % of its requests. Most likely cause: sessions on postgres wait for a lock on table orders (frontend → api → orders → postgres). End the blocking session.',
  };
}

function chart(
  range: TimeRange,
  title: string,
  unit: Chart['unit'],
  before: number,
  after: number,
  limit?: number,
): Chart {
  const grid = gridOver(range, 15_000);
  const onset = onsetOf(range);
  return {
    title,
    unit,
    grid,
    series: ['api@1', 'api@2'].map((name, index) => ({
      name,
      values: step(grid, onset, before, after * (1 - index * 0.1), index + title.length),
      promql: `rate(container_http_requests_total{container_id=~".*${name}.service"}[1m])`,
    })),
    ...(limit === undefined
      ? {}
      : { threshold: { value: limit, label: `threshold ${formatValue(limit, unit)}` } }),
    marks: [{ at: onset, label: 'onset' }],
  };
}

function findings(range: TimeRange): Finding[] {
  const base = { instances: [], explanation: [], unit: 'ratio' as const };
  return [
    {
      ...base,
      inspection: 'slo-availability',
      title: 'Availability',
      area: 'SLO',
      health: 'critical',
      message: '31 % of requests failed over the last 5 min, the objective allows 1 %.',
      value: 0.31,
      threshold: 0.01,
      evidence: [
        promqlEvidence(
          'rate(container_http_requests_total{status=~"5.."}[1m])',
          range,
          '36 failures per second.',
        ),
      ],
      explanation: [
        'requests 35 120',
        'failed 10 887',
        '10 887 / 35 120 = 31 %',
        'objective 99 %, so 1 % may fail',
      ],
      chart: chart(range, 'Errors', 'ratio', 0.001, 0.31, 0.01),
    },
    {
      ...base,
      inspection: 'cpu-container',
      title: 'CPU of containers',
      area: 'CPU',
      health: 'ok',
      message: '0.31 cores used, no limit is set.',
      value: 0.31,
      threshold: 0.8,
      unit: 'cores',
      evidence: [],
    },
    {
      ...base,
      inspection: 'memory-leak',
      title: 'Memory growth',
      area: 'Memory',
      health: 'ok',
      message: 'Memory grows by 0.2 % per hour, threshold 10 %.',
      value: 0.002,
      threshold: 0.1,
      evidence: [],
    },
  ];
}

function applicationPage(id: ApplicationId, range: TimeRange): ApplicationPage {
  const shape = SHAPES.find((entry) => applicationId(entry.name) === id);
  if (!shape)
    throw new FailureError({
      code: 'not-found',
      tried: 'find an application',
      target: id,
      reason: 'it has no samples in the window',
    });
  const instances = shape.known === 2 ? [`${shape.name}@1`, `${shape.name}@2`] : [shape.name];
  return {
    row: rowOf(shape, range),
    range,
    findings: findings(range),
    instances: instances.map((name, index) => ({
      id: name as InstanceId,
      node: 'build-1',
      up: true,
      restarts: 0,
      addresses: [`10.77.0.${12 + index}`],
      cpuUsage: 0.16,
      memory: 78_643_200,
      lastSeen: range.to,
    })),
    upstreams: edges().filter((entry) => entry.server === id),
    downstreams: edges().filter((entry) => entry.client === id),
    charts: [
      chart(range, 'Requests', 'requests/second', 92, 58),
      chart(range, 'Errors', 'ratio', 0.001, 0.31, 0.01),
      chart(range, 'Latency, p99', 'seconds', 0.021, 5, 0.5),
      chart(range, 'CPU', 'cores', 0.17, 0.14),
      chart(range, 'Memory', 'bytes', 78_643_200, 79_643_200),
      chart(range, 'TCP retransmits', 'per-second', 0, 0.2),
    ],
    hasProfile: true,
    blindSpots: [],
  };
}

export function createShopEngine(kind: 'direct' | 'snapshot' = 'direct'): EngineApi {
  return {
    status: () =>
      Promise.resolve({
        name: 'shop',
        kind,
        parts: [
          {
            name: 'ClickHouse',
            target: '127.0.0.1:8123',
            state: 'ok',
            latencyMs: 2.1,
            version: '26.7',
            notes: ['412 302 spans'],
          },
          {
            name: 'Prometheus',
            target: '127.0.0.1:9090',
            state: 'ok',
            latencyMs: 3.4,
            version: 'gumshoe',
            notes: [],
          },
          {
            name: 'collector',
            target: '127.0.0.1:9100',
            state: 'ok',
            latencyMs: 1.2,
            notes: ['12 programs attached'],
          },
        ],
      }),
    extent: () => Promise.resolve(undefined),
    overview: async (range) => overview(range),
    serviceMap: async (range) => serviceMap(range),
    inspections: async (range) =>
      overview(range).applications.map((row) => ({ row, findings: findings(range) })),
    deployments: async (range) => shopDeployments(range),
    risks: async (range) => shopRisks(range),
    costs: async () => shopCosts(),
    alerts: async () => ({ rules: [], objectives: [] }),
    followIncidents: async (book) => ({ book, open: [], events: [] }),
    application: async (id, range) => applicationPage(id, range),
    investigate: async (range) => report(range),
    traces: async (filter) => shopTraces(filter),
    trace: async (id) => shopTrace(id),
    profile: async () => shopFlameGraph(),
    logs: async (filter) => shopLogs(filter),
    promql: async (_query, grid) => ({
      grid,
      series: ['orders', 'api@1', 'api@2'].map((name, index) => ({
        labels: { __name__: 'container_http_requests_total', container_id: `/demo.slice/${name}.service` },
        values: step(
          grid,
          grid.from + grid.step * grid.points * FAULT_SHARE,
          60 - 12 * index,
          20 + index * 4,
          index,
        ),
      })),
    }),
    sql: async () => ({
      columns: [
        { name: 'ServiceName', type: 'LowCardinality(String)' },
        { name: 'spans', type: 'UInt64' },
        { name: 'p99_ms', type: 'Float64' },
      ],
      rows: SHAPES.map((shape, index) => [shape.name, 9000 - index * 700, shape.p99 * 1000]),
      truncated: false,
    }),
  };
}
