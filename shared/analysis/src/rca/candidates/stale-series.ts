import { countOf, meanOf } from '@gumshoe/model/columns';
import type { Application, Column } from '@gumshoe/model/world';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS } from '@gumshoe/schema/metrics/redis';
import { matchLabel, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import type { Frame } from '../frame.ts';
import type { Suspicion } from './define.ts';

/** Samples end for many reasons. */
const MAGNITUDE = 0.25;
/** Part of the calm cells that must have had samples. */
const REGULAR = 0.9;
const LEAST_CELLS = 3;

interface Watched {
  readonly metric: string;
  readonly of: string;
  readonly selector: string;
  readonly column: Column;
  /** Whether what it is of still gives other samples. */
  readonly alive: boolean;
}

/** Series that ended with the trouble although what they are of goes on. */
export function staleSeries(application: Application, frame: Frame): readonly Suspicion[] {
  const { baseline, incident } = frame;
  const length = incident.hi - incident.lo;
  if (length < LEAST_CELLS) return [];
  const ended = watchedOf(application, frame).filter(
    ({ column, alive }) =>
      alive &&
      countOf(column, incident) <= 1 &&
      countOf(column, baseline) >= REGULAR * (baseline.hi - baseline.lo),
  );
  const [first] = ended;
  if (!first) return [];
  const names = [...new Set(ended.map(({ metric }) => metric))];
  const summary = `${ended.length} series of ${application.name} ended although it still runs: ${names.slice(0, 4).join(', ')}.`;
  return [
    {
      title: `${application.name} no longer reports ${names[0]}`,
      signal: first.metric,
      magnitude: MAGNITUDE,
      evidence: [
        measured(frame, first.selector, summary, {
          value: 0,
          before: meanOf(first.column, baseline),
          unit: 'count',
        }),
      ],
      remediation: `Look at what writes ${names[0]} of ${first.of}: a thread that died, or a probe that no longer reaches it.`,
    },
  ];
}

function watchedOf(application: Application, frame: Frame): readonly Watched[] {
  const ofInstances = application.instances.flatMap((instance) => {
    const alive = countOf(instance.cpuUsage, frame.incident) > LEAST_CELLS - 1;
    return [...instance.signals].map(([metric, column]) => ({
      metric,
      of: instance.id,
      selector: selectApplication({ instances: [instance], serviceNames: [] }, metric),
      column,
      alive,
    }));
  });
  const runs = application.instances.some((one) => countOf(one.cpuUsage, frame.incident) > 1);
  const ofProbes = [
    ...application.postgres.map((one) => ({ ...one, metric: POSTGRES_METRICS.up.name })),
    ...application.redis.map((one) => ({ ...one, metric: REDIS_METRICS.up.name })),
  ].map(({ metric, address, up }) => ({
    metric,
    of: address,
    selector: `${metric}{${matchLabel('address', [address])}}`,
    column: up,
    alive: runs,
  }));
  return [...ofInstances, ...ofProbes];
}
