import type { Course } from '@gumshoe/model/testdata/series-writer';
import type { Output } from './output.ts';
import type { Service } from './topology.ts';

export interface LogLine {
  readonly level: string;
  readonly pattern: string;
  readonly sample: string;
  /** messages per second, of all instances */
  readonly rate: Course;
}

/** What a service logs: each request, a complaint now and then, failed calls, and what is wrong with it. */
export function logLines({ cluster, scenario }: Output, service: Service): readonly LogLine[] {
  if (service.role === 'external') return [];
  const { index } = service;
  const effect = cluster.effect(index);
  const { services } = scenario.topology;
  const lines: LogLine[] = [
    {
      level: 'info',
      pattern: 'aa01',
      sample: 'request served',
      rate: (at) => cluster.states(at)[index]!.rate,
    },
    { level: 'error', pattern: 'ee01', sample: 'could not parse header', rate: () => 0.004 },
  ];
  if (effect.logErrors)
    lines.push({
      level: 'error',
      pattern: 'ee02',
      sample: 'unexpected state in handler',
      rate: (at) => effect.logErrors! * cluster.strength(at),
    });
  for (const { at: since } of scenario.complaints.filter((one) => one.service === index))
    lines.push({
      level: 'error',
      pattern: 'ee04',
      sample: 'cache entry expired early',
      rate: (at) => (at > since ? 0.3 : 0),
    });
  service.calls.forEach(({ server }, n) => {
    // every other service says whom it called
    const whom = index % 2 === 0 ? ` to ${services[server]!.name}` : '';
    lines.push({
      level: 'error',
      pattern: `ee1${n}`,
      sample: `upstream call${whom} failed`,
      rate: (at) => {
        const states = cluster.states(at);
        const refused = (cluster.effect(server).refused ?? 0) * cluster.strength(at);
        const failed = 1 - (1 - states[server]!.errors) * (1 - refused) * (1 - cluster.givenUp(server, at));
        return failed * states[index]!.rate * cluster.times(service, n, at);
      },
    });
  });
  return lines;
}
