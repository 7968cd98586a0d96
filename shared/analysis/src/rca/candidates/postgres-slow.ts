import { formatValue } from '@gumshoe/base/units';
import type { Application } from '@gumshoe/model/world';
import { CONTAINER_METRICS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { matchLabel, rateWindow, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clientsView, waitEvidence, waitSentence } from './database-edges.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const BUSY = 0.75;
const IDLE = 0.45;
/** Only the clients see it slower: the time may be lost in them. */
const CLIENTS_ONLY = 0.5;

export const postgresSlow = defineCandidate({
  kind: 'postgres-slow',
  title: 'Queries take longer',
  examine: ({ application, frame, inspected }) => {
    const view = clientsView(application, 'postgres', frame);
    if (!view) return undefined;
    const signal = `${REQUEST_METRICS.postgres.duration.name}_sum`;
    if (view.wait < 0.1) return clear(signal, 'its clients wait no longer than before');
    const nameOf = (id: Application['id']) => inspected.world.byId.get(id)?.name ?? id;
    const busier = ramp(view.cpu.during - (view.cpu.before || 0), 0.1, 0.5);
    const query = grownQuery(application, frame);
    const base = Math.max(IDLE, BUSY * Math.max(busier, query?.growth ?? 0));
    const cpu = `CPU of ${application.name} ${formatValue(view.cpu.before, 'cores')} → ${formatValue(view.cpu.during, 'cores')}.`;
    const cpuQuery = `rate(${selectApplication(application, CONTAINER_METRICS.cpuUsage.name)}${rateWindow(frame.world)})`;
    return suspect({
      title: query ? `${application.name} is slow: ${query.text}` : `${application.name} answers slower`,
      signal,
      magnitude: base * view.wait * (view.servedSlower || view.stalled ? 1 : CLIENTS_ONLY),
      onset: view.onset,
      column: view.column,
      evidence: [
        waitEvidence(view, 'postgres', frame, waitSentence(view, nameOf)),
        ...(application.instances.length > 0
          ? [
              measured(frame, cpuQuery, cpu, {
                value: view.cpu.during,
                before: view.cpu.before,
                unit: 'cores',
              }),
            ]
          : []),
        ...(query ? [query.evidence] : []),
      ],
      ...(view.servedSlower ? {} : { dependsOn: view.changes.map((change) => change.dependency.client) }),
      remediation: query
        ? `Run EXPLAIN (ANALYZE, BUFFERS) on the query above; a missing index or stale statistics are the usual reasons.`
        : `Look at pg_stat_activity for what the sessions wait on (wait_event), and at the disk of ${application.name}.`,
    });
  },
});

/** The query whose share of time grew most, by the probe. */
function grownQuery(application: Application, frame: Frame) {
  const grown = application.postgres
    .flatMap((target) =>
      target.topQueries.map(({ query, time }) => ({ target, query, shift: shiftOf(time, frame) })),
    )
    .map((one) => ({ ...one, rise: one.shift.during - (one.shift.before || 0) }))
    .filter(({ rise }) => rise > 0.1)
    .sort((a, b) => b.rise - a.rise);
  const top = grown[0];
  if (!top) return undefined;
  const metric = POSTGRES_METRICS.topQueryTime.name;
  const selector = `${metric}{${matchLabel('address', [top.target.address])},${matchLabel('query', [top.query])}}`;
  const summary = `Time spent per second in this query: ${formatValue(top.shift.before || 0, 'seconds')} → ${formatValue(top.shift.during, 'seconds')}.`;
  const text = top.query.length > 120 ? `${top.query.slice(0, 120)} …` : top.query;
  return {
    text,
    growth: ramp(top.rise, 0.1, 1),
    evidence: measured(frame, selector, summary, {
      value: top.shift.during,
      before: top.shift.before || 0,
      unit: 'seconds',
      onset: top.shift.onset,
    }),
  };
}
