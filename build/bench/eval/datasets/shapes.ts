import type { Sees } from './injections.ts';

/** What of a test bed a data set holds, and how. */
export interface Shape {
  readonly name: string;
  /** ms between samples */
  readonly interval: number;
  /** Minutes before and after the fault. */
  readonly before: number;
  readonly after: number;
  /** What it has of containers. */
  readonly containers?: 'cadvisor' | 'gauges';
  readonly kubernetes?: boolean;
  /** What it has of requests. */
  readonly requests?: 'istio' | 'span-metrics' | 'gauges';
  readonly traces?: boolean;
  readonly logs?: boolean;
  /** Which of the test beds; all without. */
  readonly systems?: readonly string[];
}

const BASE = { interval: 15_000, before: 10, after: 10 } as const;
const SMALL = ['online-boutique', 'sock-shop', 'opentelemetry-demo'];

export const SHAPES: readonly Shape[] = [
  { ...BASE, name: 'gauges-1s', interval: 1_000, containers: 'gauges', requests: 'gauges', systems: SMALL },
  { ...BASE, name: 'gauges', containers: 'gauges', requests: 'gauges' },
  { ...BASE, name: 'gauges+logs+traces', containers: 'gauges', requests: 'gauges', traces: true, logs: true },
  { ...BASE, name: 'mesh-5s', interval: 5_000, containers: 'cadvisor', requests: 'istio', systems: SMALL },
  { ...BASE, name: 'cadvisor+istio', containers: 'cadvisor', requests: 'istio' },
  { ...BASE, name: 'cadvisor+istio+ksm', containers: 'cadvisor', requests: 'istio', kubernetes: true },
  { ...BASE, name: 'cadvisor+span-metrics', containers: 'cadvisor', requests: 'span-metrics' },
  { ...BASE, name: 'cadvisor+traces', interval: 30_000, containers: 'cadvisor', traces: true },
  {
    ...BASE,
    name: 'all',
    containers: 'cadvisor',
    requests: 'istio',
    kubernetes: true,
    traces: true,
    logs: true,
  },
  {
    ...BASE,
    name: '1-minute',
    interval: 60_000,
    before: 20,
    after: 10,
    containers: 'cadvisor',
    requests: 'istio',
  },
  { ...BASE, name: 'cadvisor', containers: 'cadvisor' },
  { ...BASE, name: 'cadvisor+ksm', interval: 30_000, containers: 'cadvisor', kubernetes: true },
  { ...BASE, name: 'traces', traces: true },
  { ...BASE, name: 'traces+logs', traces: true, logs: true },
  { ...BASE, name: 'cadvisor+logs', containers: 'cadvisor', logs: true },
];

export const seesOf = ({ containers, requests, traces, logs }: Shape): Sees => ({
  resources: containers !== undefined,
  requests: requests !== undefined,
  traces: traces === true,
  logs: logs === true,
});
