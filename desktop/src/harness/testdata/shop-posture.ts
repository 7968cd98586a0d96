import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Costs, DeploymentEvidence, DeploymentReport, ErrorBudgetState, RiskReport } from '@gumshoe/engine/api';
import type { ApplicationId, Evidence, InstanceId, NodeId } from '@gumshoe/model/entities';

/** What is known of the shop besides what is broken: budgets, a rollout, risks, costs and alerts. */
const id = (name: string): ApplicationId => `_:SystemdUnit:${name}` as ApplicationId;

const POINTS = 30;
const DAY = 86_400_000;

/** Half of it is gone since the onset, and the rest follows soon; or nothing is spent at all. */
export function shopBudget(range: TimeRange, onset: number, bad: boolean): ErrorBudgetState {
  const at = Float64Array.from(
    { length: POINTS },
    (_, i) => range.from + ((range.to - range.from) * i) / (POINTS - 1),
  );
  const spentSince = (time: number): number => (time < onset ? 0 : (time - onset) / (range.to - onset));
  const left = at.map((time) => (bad ? 1 - 0.55 * spentSince(time) : 0.998));
  const end = left.at(-1)!;
  return {
    period: 30 * DAY,
    covered: range.to - range.from,
    allowed: 2_822,
    spent: Math.round((1 - end) * 2_822),
    left: end,
    timeline: { at, left },
    burnRate: bad ? 31.2 : 0.1,
    ...(bad ? { exhaustedAt: milliseconds(Math.round(range.to + (range.to - onset) * 0.8)) } : {}),
    summary: bad
      ? 'error budget of 30 d: 45 % left; at 31.2x of the last hour it is gone soon'
      : 'error budget of 30 d: 99.8 % left; at 0.1x of the last hour it lasts',
  };
}

export function shopDeployments(range: TimeRange): DeploymentReport[] {
  const at = (share: number) => milliseconds(Math.round(range.from + (range.to - range.from) * share));
  const shown = (about: DeploymentEvidence['about'], query: string): DeploymentEvidence => ({
    about,
    kind: 'promql',
    query,
    from: at(0.2),
    to: at(0.9),
    summary: `${about} of orders.`,
  });
  return [
    {
      deployment: {
        application: id('orders'),
        name: 'orders',
        version: 'registry.example/shop/orders:2.4.1',
        previousVersion: 'registry.example/shop/orders:2.4.0',
        images: ['registry.example/shop/orders:2.4.1'],
        previousImages: ['registry.example/shop/orders:2.4.0'],
        rollback: false,
        state: 'deployed',
        startedAt: at(0.5),
        finishedAt: at(0.52),
        instances: ['orders' as InstanceId],
      },
      comparison: {
        before: { from: at(0.2), to: at(0.49) },
        after: { from: at(0.6), to: at(0.9) },
        differences: [
          {
            metric: 'cpu-per-request',
            before: 0.0021,
            after: 0.0192,
            unit: 'seconds',
            significance: 9.2,
            outcome: 'worse',
            confounders: [],
            monthly: { before: 2.1, after: 19.4, currency: 'USD' },
            message: 'CPU per request: 2.1 ms before, 19.2 ms after: more (2.10 → 19.40 USD a month)',
          },
          {
            metric: 'memory',
            before: 78e6,
            after: 78e6,
            unit: 'bytes',
            significance: 0.2,
            outcome: 'same',
            confounders: [],
            message: 'memory per instance: 74.4 MiB before, 74.4 MiB after: no clear change',
          },
        ],
        newErrors: [{ pattern: 'discount * not found', sample: 'discount 4711 not found', count: 31 }],
        outcome: 'worse',
      },
      evidence: [
        shown('version', 'container_info'),
        shown('cpu-per-request', 'rate(container_resources_cpu_usage_seconds_total[60s])'),
        shown('memory', 'container_resources_memory_rss_bytes'),
        shown('new-errors', 'rate(container_log_messages_total[60s])'),
      ],
    },
  ];
}

/** What runs of a service. */
const running = (range: TimeRange, name: string): Evidence[] => [
  {
    kind: 'promql',
    query: `count by (machine_id, container_id) (container_resources_cpu_usage_seconds_total{container_id="/shop/${name}"})`,
    ...range,
    summary: `What runs of ${name}, by node.`,
  },
];

export const shopRisks = (range: TimeRange): RiskReport[] => [
  {
    kind: 'single-instance-app',
    application: id('orders'),
    severity: 'warning',
    message: 'orders runs as one instance: while it restarts, nobody serves.',
    evidence: running(range, 'orders'),
  },
  {
    kind: 'unreplicated-database',
    application: id('postgres'),
    severity: 'critical',
    message: 'postgres (postgres) runs as one instance and no replica is connected: losing it loses data.',
    evidence: running(range, 'postgres'),
  },
  {
    kind: 'unreplicated-database',
    application: id('redis'),
    severity: 'critical',
    message: 'redis (redis) runs as one instance and no replica is connected: losing it loses data.',
    dismissed: 'it holds nothing that cannot be computed again',
    evidence: running(range, 'redis'),
  },
];

export const shopCosts = (): Costs => ({
  applications: ['api', 'orders', 'loadgen'].map((name, index) => ({
    application: id(name),
    cpuCores: 0.31 / (index + 1),
    memory: 78_643_200,
    cpuLimit: NaN,
    memoryLimit: index === 1 ? 134_217_728 : NaN,
    cpuRequest: index === 1 ? 0.5 : NaN,
    memoryRequest: index === 1 ? 134_217_728 : NaN,
    unusedCpu: NaN,
    unusedMemory: index === 1 ? 41_943_040 : NaN,
    cpuShare: 0.04 / (index + 1),
    memoryShare: 0.003,
    traffic: { crossZoneExact: true, internet: 0 },
    monthly: {
      cpu: 7.84 / (index + 1),
      memory: 0.21,
      traffic: 0,
      total: 7.84 / (index + 1) + 0.21,
      unused: index === 1 ? 0.11 : NaN,
      allocated: index === 1 ? 13.01 : NaN,
      overProvisioned: index === 1 ? 8.7 : NaN,
      perMillionRequests: index === 2 ? NaN : 0.08,
    },
  })),
  nodes: [
    {
      node: 'f1c0' as NodeId,
      cores: 8,
      memory: 25_769_803_776,
      idleCpu: 0.57,
      idleMemory: 0.79,
      monthly: 271.35,
      monthlyIdle: 169.9,
      lifeCycle: '',
      instanceType: '',
      price: { core: 0.03465, gib: 0.003938, machine: NaN, source: 'parts' },
    },
    {
      node: 'f1c1' as NodeId,
      cores: 2,
      memory: 8_589_934_592,
      idleCpu: 0.81,
      idleMemory: 0.6,
      monthly: 70.08,
      monthlyIdle: 45,
      lifeCycle: 'on-demand',
      instanceType: 'm5.large',
      price: {
        core: 0.0096,
        gib: 0.0096,
        machine: 0.096,
        source: 'list',
        list: { provider: 'aws', region: 'us-east-1', asOf: '2026-01-19' },
      },
    },
  ],
  prices: {
    currency: 'USD',
    cpuCoreHour: 0.03465,
    memoryGibHour: 0.003938,
    crossZoneGib: 0,
    internetGib: 0,
    assumed: true,
  },
});
