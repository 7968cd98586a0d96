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
