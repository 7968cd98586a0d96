import type { TestBed } from './test-bed.ts';
import { nanoseconds, resourceOf, type Line } from './write-traces.ts';

const SEVERITY = { INFO: 9, WARN: 13, ERROR: 17 } as const;

/** What requests bring about, and what programs grumble about all the time, as OTLP's JSON lines. */
export function logsOf(bed: TestBed, lines: readonly Line[]): string {
  const all = [...lines, ...grumbles(bed)];
  const groups = Map.groupBy(all, ({ service }) => service);
  return [...groups]
    .map(([service, ofService]) =>
      JSON.stringify({
        resourceLogs: [
          {
            resource: { attributes: resourceOf(bed, service) },
            scopeLogs: [
              {
                logRecords: ofService.map(({ at, level, text }) => ({
                  timeUnixNano: nanoseconds(at),
                  severityNumber: SEVERITY[level],
                  severityText: level,
                  body: { stringValue: text },
                })),
              },
            ],
          },
        ],
      }),
    )
    .join('\n');
}

function grumbles(bed: TestBed): readonly Line[] {
  const { system, random, from, to } = bed;
  const some = system.services.filter(() => random.next() < 0.3);
  return some.flatMap(({ name }) => {
    const every = random.between(20_000, 120_000);
    const level = random.next() < 0.5 ? ('ERROR' as const) : ('WARN' as const);
    const text = random.pick([
      'could not export telemetry: deadline exceeded',
      'config reload skipped',
      'session expired for user',
    ]);
    const lines: Line[] = [];
    for (let at = from + random.between(0, every); at < to; at += every * random.between(0.5, 1.5))
      lines.push({ service: name, at, level, text });
    return lines;
  });
}
