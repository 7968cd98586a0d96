import { formatValue } from '@gumshoe/base/units';
import { ratioColumn, ratioOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Application, CellRange, Column, Dependency } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { failedTraces } from '../failures-evidence.ts';
import type { Involved } from '../failed-requests.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { ownTrouble, riseOfRatio } from '../own-trouble.ts';
import { changeEvidence, rolloutAt } from '../recent-change.ts';
import { defineCandidate, ramp, suspect, type CandidateSubject, type Suspicion } from './define.ts';

/** Its requests fail, others' do not; these are of the same operations; it changed at that very time. */
const ALONE = 0.6;
const ALONE_BY_TRACES = 0.8;
const CHANGED = 0.6;
const CHANGED_AND_ALONE = 0.85;
/** Share of the impact that must begin in the server it asks. */
const LEAST_SHARE = 0.05;
/** Share of its requests that must fail, and what others may fail of that. */
const LEAST_FAILING = 0.01;
const OTHERS = 0.1;
/** Requests of others that would have failed, were theirs no better. */
const LEAST_EXPECTED = 8;
/** Share of the failed requests that must be its, and of the good ones that must be others'. */
const ITS = 0.9;
const THEIRS = 0.3;

/** A client whose requests fail where those of others succeed, or fail since it was changed: it asks for the wrong thing. */
export const wrongRequest = defineCandidate({
  kind: 'wrong-request',
  title: 'It asks for what fails',
  examine: (subject) => {
    const found = subject.application.upstreams
      .flatMap((dependency) => judge(subject, dependency))
      .sort((a, b) => b.magnitude - a.magnitude || (a.title < b.title ? -1 : 1));
    const [worst] = found;
    return worst ? suspect(worst) : undefined;
  },
});

function judge(
  { application, frame, extra }: CandidateSubject,
  dependency: Dependency,
): readonly Suspicion[] {
  const server = frame.world.byId.get(dependency.server);
  const protocol = dependency.requests[0]?.protocol;
  if (!server || server === application || protocol === undefined) return [];
  const share = ownTrouble(server, frame).errors;
  const [failed, rate] = [columnOf([dependency], 'failed', frame), columnOf([dependency], 'rate', frame)];
  const rise = riseOfRatio(failed, rate, frame);
  if (!(share >= LEAST_SHARE) || !(rise.by >= LEAST_FAILING)) return [];
  const others = server.downstreams.filter(({ client }) => client !== application.id);
  const well = othersAreWell(others, rise.by, frame);
  const isAlone = well === true;
  const asked = extra.failures
    .get(server.id)
    ?.askedBy.find(({ serviceName }) => application.serviceNames.includes(serviceName));
  const byTraces = extra.failures.has(server.id) ? isOnlyIts(asked) : undefined;
  const column = ratioColumn(failed, rate);
  const { onset } = shiftOf(column, frame);
  // what was rolled out then fails by its own doing
  if (rolloutAt(server, onset, frame)) return [];
  const changed = rolloutAt(application, onset, frame);
  // requests of others fail as well, or nobody else asks for the same
  if (well === false || (!changed && (!isAlone || byTraces === false))) return [];
  const weight = changed ? (isAlone ? CHANGED_AND_ALONE : CHANGED) : byTraces ? ALONE_BY_TRACES : ALONE;
  const query = `sum by (status) (rate(${selectDependency(dependency, requestMetrics(protocol).count.name)}${rateWindow(frame.world)}))`;
  const beside = isAlone
    ? `, ${formatValue(shareIn(others, frame.incident, frame), 'ratio')} of those of others`
    : '';
  const summary = `Of the requests of ${application.name} to ${server.name} ${formatValue(rise.during, 'ratio')} fail, ${formatValue(rise.before, 'ratio')} before${beside}.`;
  return [
    {
      title: `${application.name} asks ${server.name} for what fails${isAlone ? ', others do not' : ''}`,
      signal: requestMetrics(protocol).count.name,
      magnitude: weight * ramp(share, LEAST_SHARE, 0.5),
      onset: changed?.startedAt ?? onset,
      column,
      evidence: [
        measured(frame, query, summary, { value: rise.during, before: rise.before, unit: 'ratio' }),
        ...(asked && byTraces ? [tracesOf(application, server, asked, frame)] : []),
        ...(changed ? [changeEvidence(application, changed, frame)] : []),
      ],
      remediation: `Compare what ${application.name} passes to ${server.name} now with what it passed before, and look at its last change.`,
    },
  ];
}

function tracesOf(application: Application, server: Application, asked: Involved, frame: Frame) {
  const summary = `${formatValue(asked.failed, 'ratio')} of the requests that failed in ${server.name} came from ${application.name}, ${formatValue(asked.good, 'ratio')} of good ones of the same operations.`;
  return failedTraces(frame, server, summary, { value: asked.failed, before: asked.good, unit: 'ratio' });
}

const isOnlyIts = (asked: Involved | undefined): boolean =>
  asked !== undefined && asked.failed >= ITS && 1 - asked.good >= THEIRS;

/** undefined: others ask too little to tell. */
function othersAreWell(others: readonly Dependency[], failing: number, frame: Frame): boolean | undefined {
  const { incident, world } = frame;
  const requests = (sumOf(columnOf(others, 'rate', frame), incident) * world.grid.step) / 1000;
  if (!(requests * failing >= LEAST_EXPECTED)) return undefined;
  return shareIn(others, incident, frame) <= OTHERS * failing;
}

const shareIn = (dependencies: readonly Dependency[], cells: CellRange, frame: Frame): number =>
  ratioOf(columnOf(dependencies, 'failed', frame), columnOf(dependencies, 'rate', frame), cells);

const columnOf = (dependencies: readonly Dependency[], column: 'failed' | 'rate', { world }: Frame): Column =>
  sumColumns(
    dependencies.flatMap(({ requests }) => requests.map((one) => one[column])),
    world.grid.points,
  );
