import { formatValue } from '@gumshoe/base/units';
import { maxOf, sumColumns } from '@gumshoe/model/columns';
import type { Application, PostgresTarget } from '@gumshoe/model/world';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import { matchLabel } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import {
  clientsView,
  newcomerEvidence,
  newcomersOf,
  waitEvidence,
  waitSentence,
  type ClientsView,
} from './database-edges.ts';
import { clear, defineCandidate, suspect, type CandidateSubject, type Examination } from './define.ts';

/** Without a probe a lock can only be concluded. */
const CONCLUDED = 0.75;
const SIGNAL = POSTGRES_METRICS.lockAwaitingQueries.name;
const MAX_QUERY = 160;

export const postgresLock = defineCandidate({
  kind: 'postgres-lock',
  title: 'Queries wait for a lock',
  examine: (subject) => {
    const { application, frame } = subject;
    const view = clientsView(application, 'postgres', frame);
    if (application.type !== 'postgres' && application.postgres.length === 0) return undefined;
    const probed = application.postgres.filter((target) => isWatched(target, frame));
    if (probed.length === 0) return view ? concluded(subject, view) : undefined;
    return observed(subject, probed, view);
  },
});

const isWatched = (target: PostgresTarget, frame: Frame): boolean => maxOf(target.up, frame.incident) > 0;

/** The probe sees who waits and who blocks. */
function observed(
  { application, frame, inspected }: CandidateSubject,
  probed: readonly PostgresTarget[],
  view: ClientsView | undefined,
): Examination {
  const waits = probed
    .flatMap((target) =>
      target.lockWaits.map((wait) => ({ target, ...wait, most: maxOf(wait.waiting, frame.incident) })),
    )
    .filter(({ most }) => most > 0)
    .sort((a, b) => b.most - a.most || (a.blockingQuery < b.blockingQuery ? -1 : 1));
  const worst = waits[0];
  if (!worst) return clear(SIGNAL, 'no query waited for a lock');
  const column = sumColumns(
    waits.map((wait) => wait.waiting),
    frame.world.grid.points,
  );
  const filled = column.map((value) => (value === value ? value : 0));
  const { onset } = shiftOf(filled, frame);
  const blocker = shorten(worst.blockingQuery);
  const summary = `Up to ${formatValue(worst.most, 'count')} queries wait for a lock held by: ${blocker}.`;
  const address = matchLabel('address', [worst.target.address]);
  const nameOf = (id: Application['id']) => inspected.world.byId.get(id)?.name ?? id;
  const newcomer = newcomerEvidence(newcomersOf(application, frame), frame, nameOf);
  return suspect({
    title: `Queries in ${application.name} wait for a lock held by: ${blocker}`,
    signal: SIGNAL,
    ...(application.instances.length === 1 ? { instance: application.instances[0]!.id } : {}),
    magnitude: view && view.wait > 0.2 ? 1 : 0.7,
    onset,
    column: filled,
    evidence: [
      measured(frame, `sum by (blocking_query) (${SIGNAL}{${address}})`, summary, {
        value: worst.most,
        before: maxOf(worst.waiting, frame.baseline) || 0,
        unit: 'count',
        onset,
      }),
      ...(view ? [waitEvidence(view, 'postgres', frame, waitSentence(view, nameOf))] : []),
      ...(newcomer ? [newcomer] : []),
    ],
    remediation: `End the blocking transaction: find its pid in pg_stat_activity by the query above and call pg_terminate_backend(pid). Then set lock_timeout and idle_in_transaction_session_timeout, so that one session cannot hold everybody up.`,
  });
}

/** Nobody watches inside: queries hang, the server is idle and reachable. */
function concluded({ application, frame, inspected }: CandidateSubject, view: ClientsView): Examination {
  const signal = 'container_postgres_queries_in_flight_age_seconds';
  const nameOf = (id: Application['id']) => inspected.world.byId.get(id)?.name ?? id;
  if (!view.stalled || view.worst.during.refused > 0.1) {
    return clear(signal, 'queries kept completing');
  }
  const idle = !(view.cpu.during > 1.3 * (view.cpu.before || 0) + 0.05);
  const cpu = `PostgreSQL itself uses ${formatValue(view.cpu.during, 'cores')}, ${formatValue(view.cpu.before, 'cores')} before`;
  const newcomer = newcomerEvidence(view.newcomers, frame, nameOf);
  return suspect({
    title: `Queries hang inside ${application.name} while it is idle, most likely behind a lock`,
    signal,
    ...(application.instances.length === 1 ? { instance: application.instances[0]!.id } : {}),
    magnitude: CONCLUDED * view.wait * (idle ? 1 : 0.4),
    onset: view.onset,
    column: view.column,
    evidence: [
      waitEvidence(view, 'postgres', frame, `${waitSentence(view, nameOf)} ${cpu}.`),
      ...(newcomer ? [newcomer] : []),
    ],
    dependsOn: view.servedSlower ? [] : view.changes.map((change) => change.dependency.client),
    remediation: `Look for the blocker: select pid, pg_blocking_pids(pid), state, query from pg_stat_activity where wait_event_type = 'Lock'. A database probe would name it here.`,
  });
}

function shorten(query: string): string {
  const bare = query.replace(/[\s;]+$/, '');
  return bare.length > MAX_QUERY ? `${bare.slice(0, MAX_QUERY)} …` : bare;
}
