/** What of a cluster's signals is there, how often, and since when. */
export interface Mode {
  readonly name: string;
  /** ms between samples */
  readonly interval: number;
  /** Minutes of data, and when in them the fault begins. */
  readonly minutes: number;
  readonly faultAt: number;
  /** Minutes after the data's start at which the window that is asked about begins. */
  readonly windowAt: number;
  readonly signals: 'all' | 'metrics' | 'traces' | 'logs';
  /**
   * Signals as other systems have them, in place of the collector's: cAdvisor's and the node exporter's, and of requests
   * what a mesh, spans with log records, or the Collector's span metrics (nobody says who calls) know; or nothing.
   */
  readonly foreign?: 'mesh' | 'spans' | 'span-metrics' | 'resources';
  /** Whether database probes report. */
  readonly probes: boolean;
  readonly kubernetes: boolean;
}

const FULL: Mode = {
  name: 'full',
  interval: 15_000,
  minutes: 40,
  faultAt: 28,
  windowAt: 23,
  signals: 'all',
  probes: true,
  kubernetes: true,
};

/** Everything at 15 s, and what is often missing. */
export const MODES: readonly Mode[] = [
  FULL,
  { ...FULL, name: 'metrics-only', signals: 'metrics', probes: false },
  { ...FULL, name: 'traces-only', signals: 'traces', probes: false },
  { ...FULL, name: 'logs-only', signals: 'logs', probes: false },
  { ...FULL, name: '1-minute', interval: 60_000, minutes: 80, faultAt: 60, windowAt: 50 },
  { ...FULL, name: '5-minute', interval: 300_000, minutes: 400, faultAt: 330, windowAt: 300 },
  { ...FULL, name: 'short-baseline', minutes: 13, faultAt: 3, windowAt: 0 },
  { ...FULL, name: 'late-alert', minutes: 42, faultAt: 24, windowAt: 34 },
  { ...FULL, name: 'no-history', minutes: 12, faultAt: -2, windowAt: 0 },
  { ...FULL, name: 'no-kubernetes', kubernetes: false },
];

const FOREIGN: Mode = {
  ...FULL,
  name: 'mesh',
  foreign: 'mesh',
  probes: false,
  minutes: 20,
  faultAt: 10,
  windowAt: 0,
};

/** Test beds of others, in which something was injected: minutes of normal time, minutes of fault. */
export const FOREIGN_MODES: readonly Mode[] = [
  FOREIGN,
  { ...FOREIGN, name: 'mesh-5s', interval: 5_000, minutes: 12, faultAt: 6 },
  { ...FOREIGN, name: 'mesh-1-minute', interval: 60_000, minutes: 45, faultAt: 30 },
  { ...FOREIGN, name: 'spans', foreign: 'spans' },
  { ...FOREIGN, name: 'span-metrics', foreign: 'span-metrics' },
  { ...FOREIGN, name: 'resources', foreign: 'resources' },
];
