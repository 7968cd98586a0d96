import { milliseconds, type Milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { Evidence } from '@gumshoe/model/entities';
import { meanOf, sumColumns } from '@gumshoe/model/columns';
import type { Application, Dependency } from '@gumshoe/model/world';
import { dependencyChange } from '../dependency-change.ts';
import { failedTraces, failuresEvidence, whereItFails } from '../failures-evidence.ts';
import type { Involved } from '../failed-requests.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { ownFailures, ownTrouble, perRootRequest } from '../own-trouble.ts';
import { changeEvidence, rolloutAt } from '../recent-change.ts';
import { clear, defineCandidate, ramp, suspect, type CandidateSubject } from './define.ts';

/** What one client that fails after its answers tells, several that do, and a change of it at that very time, for all or some. */
const ONE = 0.5;
const SEVERAL = 0.8;
const CHANGED = 0.8;
const CHANGED_FOR_SOME = 0.6;
const CHANGED_AND_TOLD = 0.85;
/** Share of the impact that must begin in its clients. */
const LEAST_SHARE = 0.05;
/** What fails itself is found by its failures. */
const FAILS_ITSELF = 0.05;
/** By how much more often it was the last to answer before a failure than otherwise. */
const SEPARATED = 0.4;
/** So rarely the last to answer before a failure, it has nothing to do with it. */
const SELDOM = 0.2;
/** So often, its clients fail at no other time. */
const ALWAYS = 0.9;

/** Calls for each failure of a client; both are counted in their own ways. */
const LEAST_ASKED = 0.5;

/** A service that answers in time and without an error, and whose clients fail at what it answers. */
export const wrongAnswer = defineCandidate({
  kind: 'wrong-answer',
  title: 'Its answers make clients fail',
  examine: (subject) => {
    const { application, frame } = subject;
    const own = ownTrouble(application, frame).errors;
    if (own !== own || own >= FAILS_ITSELF || frame.world.dependencies.length === 0) return undefined;
    const failing = failingClients(subject);
    const [first] = failing;
    if (!first) return undefined;
    const told = failing.filter(({ after }) => after && after.failed - after.good >= SEPARATED);
    const changed = changeBefore(failing, application, frame);
    const isAlwaysLast = failing.every(({ after }) => after !== undefined && after.failed >= ALWAYS);
    const isWellForSome = !isAlwaysLast && failing.length < application.downstreams.length;
    const { signal } = whereItFails(first.client, frame);
    if (told.length === 0 && !changed)
      return clear(signal, 'nothing tells that its clients fail at what it answers');
    const clients = told.length > 0 ? told : failing;
    const share = clients.reduce((sum, one) => sum + one.share, 0);
    const names = clients.map(({ client }) => client.name).join(', ');
    return suspect({
      title: `${names} ${clients.length === 1 ? 'fails' : 'fail'} at what ${application.name} answers`,
      signal,
      magnitude: weightOf(told.length, changed !== undefined, isWellForSome) * ramp(share, LEAST_SHARE, 0.5),
      reach: Math.min(1, share),
      inAnswers: true,
      onset: changed?.startedAt ?? milliseconds(Math.min(...clients.map(({ onset }) => onset))),
      column: perRootRequest(
        frame,
        sumColumns(
          clients.map(({ client }) => ownFailures(client, frame)),
          frame.world.grid.points,
        ),
      ),
      evidence: [
        ...clients.flatMap((one) => evidenceOf(one, application, frame)),
        ...(changed ? [changeEvidence(application, changed, frame)] : []),
      ],
      remediation: `Compare what ${application.name} answers to ${names} now with what it answered before, and look at its last change: a status of success does not make an answer right.`,
    });
  },
});

function weightOf(told: number, changed: boolean, isWellForSome: boolean): number {
  if (told === 0) return isWellForSome ? CHANGED_FOR_SOME : CHANGED;
  if (changed) return CHANGED_AND_TOLD;
  return told > 1 ? SEVERAL : ONE;
}

/** A client that fails without a failed call. */
interface Failing {
  readonly client: Application;
  readonly share: number;
  readonly onset: Milliseconds;
  /** How often it was the last to answer; undefined: no traces tell. */
  readonly after: Involved | undefined;
}

/** Clients in which errors begin, but for those whose traces say that it is not after its answers. */
function failingClients({ application, frame, extra }: CandidateSubject): readonly Failing[] {
  return application.downstreams.flatMap((dependency) => {
    const { client: id } = dependency;
    const client = frame.world.byId.get(id);
    const share = client ? ownTrouble(client, frame).errors : NaN;
    if (!client || client === application || !(share >= LEAST_SHARE)) return [];
    if (!isAskedEnough(dependency, client, frame)) return [];
    const failures = extra.failures.get(id);
    const after = failures?.after.find(({ serviceName }) => application.serviceNames.includes(serviceName));
    if (failures && !((after?.failed ?? 0) >= SELDOM)) return [];
    const { onset } = shiftOf(perRootRequest(frame, ownFailures(client, frame)), frame);
    return [{ client, share, onset, after }];
  });
}

/** Who is no longer asked, or less often than its client fails, has not answered what it fails at. */
function isAskedEnough(dependency: Dependency, client: Application, frame: Frame): boolean {
  if (dependency.requests.length === 0) return true;
  const failed = meanOf(ownFailures(client, frame), frame.incident);
  return dependencyChange(dependency, frame).during.rate >= LEAST_ASKED * failed;
}

/** A rollout of it that came right as its clients began to fail, none of which was rolled out then. */
function changeBefore(failing: readonly Failing[], application: Application, frame: Frame) {
  if (failing.some(({ client, onset }) => rolloutAt(client, onset, frame))) return undefined;
  const rollouts = failing.map(({ onset }) => rolloutAt(application, onset, frame));
  return rollouts.find((one) => one !== undefined);
}

function evidenceOf({ client, after }: Failing, application: Application, frame: Frame): readonly Evidence[] {
  const fails = failuresEvidence(client, frame);
  if (!after) return [fails];
  const summary = `Of the traces in which ${client.name} failed, ${application.name} was the last to answer in ${formatValue(after.failed, 'ratio')}; of good ones in ${formatValue(after.good, 'ratio')}.`;
  const figures = { value: after.failed, before: after.good, unit: 'ratio' } as const;
  return [fails, failedTraces(frame, client, summary, figures)];
}
