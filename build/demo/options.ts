import { parseArgs } from 'node:util';
import { FAULTS } from './faults/index.ts';
import type { Fault } from './faults/define.ts';

export interface DemoOptions {
  readonly fault: Fault;
  readonly headless: boolean;
  readonly json: boolean;
  /** requests per second */
  readonly rate: number;
  /** seconds of load before the fault */
  readonly warmUp: number;
  /** seconds the fault may last before the report is taken at the latest */
  readonly faultTime: number;
  /** seconds between samples */
  readonly interval: number;
  readonly output: string;
  readonly export: string | undefined;
}

export const USAGE = `npm run demo -- [options]

Starts a small shop of unmodified programs, observes it through eBPF, breaks it, and shows what broke and why.
Needs root (or sudo) on Linux with BTF. Ctrl-C stops everything it started.

  --fault NAME       what to break (default ${FAULTS[0]?.name}):
${FAULTS.map((fault) => `                       ${fault.name.padEnd(13)} ${fault.title}`).join('\n')}
  --headless         no window: print the report to the terminal
  --json             print the report as JSON (gumshoe.report/1) on stdout and nothing else there; implies --headless
  --rate N           requests per second of the load generator (default 40)
  --warm-up SECONDS  load before the fault (default 60)
  --fault-time SECONDS  longest time to wait for the incident to show (default 90)
  --interval SECONDS collection interval (default 3)
  --output DIR       where screenshots go without a display (default demo-output)
  --export FILE      also export the window to a .gumshoe snapshot
  --help             this text

Exit codes: 0 healthy, 1 something is wrong (the report says what), 2 bad usage, 70 the demo itself failed.
`;

export class UsageError extends Error {}

/** Flags of `npm run demo`; throws UsageError with one clear line. */
export function parseOptions(argv: readonly string[]): DemoOptions | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        fault: text,
        headless: flag,
        json: flag,
        rate: text,
        'warm-up': text,
        'fault-time': text,
        interval: text,
        output: text,
        export: text,
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return 'help';
  const fault = values.fault === undefined ? FAULTS[0] : FAULTS.find((one) => one.name === values.fault);
  if (!fault)
    throw new UsageError(`--fault ${values.fault}: one of ${FAULTS.map((one) => one.name).join(', ')}`);
  const number = (
    name: 'rate' | 'warm-up' | 'fault-time' | 'interval',
    fallback: number,
    low: number,
    high: number,
  ) => {
    const given = values[name];
    const value = given === undefined ? fallback : Number(given);
    if (!(value >= low && value <= high))
      throw new UsageError(`--${name} ${given}: a number from ${low} to ${high}`);
    return value;
  };
  return {
    fault,
    headless: values.headless === true || values.json === true,
    json: values.json === true,
    rate: number('rate', 40, 1, 1000),
    warmUp: number('warm-up', 60, 10, 3600),
    faultTime: number('fault-time', 90, 20, 3600),
    interval: number('interval', 3, 1, 60),
    output: values.output ?? 'demo-output',
    export: values.export,
  };
}
