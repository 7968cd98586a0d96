/** Units of a metric or figure, named as in OpenMetrics. */
export type Unit =
  | 'seconds'
  | 'milliseconds'
  | 'bytes'
  | 'bytes/second'
  | 'cores'
  | 'percent'
  | 'ratio'
  | 'count'
  | 'per-second'
  | 'requests/second'
  | 'timestamp'
  | 'none';

const SCALE = ['', 'k', 'M', 'G', 'T'] as const;
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1).replace(/\.0$/, '');
  return Number(value.toPrecision(3)).toString();
}

/** What little is missing to all of it is what counts: 99.99 is not 100. */
function percent(value: number): string {
  if (value <= 99.9 || value >= 100) return digits(value);
  return Number((100 - Number((100 - value).toPrecision(2))).toFixed(9)).toString();
}

function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return '0 s';
  if (size < 1e-3) return `${digits(seconds * 1e6)} µs`;
  if (size < 1) return `${digits(seconds * 1e3)} ms`;
  if (size < 120) return `${digits(seconds)} s`;
  if (size < 7200) return `${digits(seconds / 60)} min`;
  return `${digits(seconds / 3600)} h`;
}

function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (Math.abs(value) >= 1024 && step < BINARY.length - 1) {
    value /= 1024;
    step++;
  }
  return `${digits(value)} ${BINARY[step]}`;
}

function formatCount(count: number): string {
  let value = count;
  let step = 0;
  while (Math.abs(value) >= 10_000 && step < SCALE.length - 1) {
    value /= 1000;
    step++;
  }
  return `${digits(value)}${SCALE[step]}`;
}

/** Human text with its unit; "no data" for NaN. Same text on every machine (no locale). */
export function formatValue(value: number, unit: Unit): string {
  if (Number.isNaN(value)) return 'no data';
  switch (unit) {
    case 'seconds':
      return formatSeconds(value);
    case 'milliseconds':
      return formatSeconds(value / 1000);
    case 'bytes':
      return formatBytes(value);
    case 'bytes/second':
      return `${formatBytes(value)}/s`;
    case 'percent':
      return `${percent(value)} %`;
    case 'ratio':
      return `${percent(value * 100)} %`;
    case 'cores':
      return `${digits(value)} cores`;
    case 'per-second':
      return `${formatCount(value)}/s`;
    case 'requests/second':
      return `${formatCount(value)} req/s`;
    case 'timestamp':
      return new Date(value * 1000).toISOString();
    case 'count':
    case 'none':
      return formatCount(value);
  }
}
