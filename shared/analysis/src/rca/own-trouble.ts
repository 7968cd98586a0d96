import { meanOf, ratioColumn, sumColumns } from '@gumshoe/model/columns';
import type { Application, Column, Dependency, RequestColumns } from '@gumshoe/model/world';
import type { Frame } from './frame.ts';
import { perFrame } from './memo.ts';

/** How much of the impact begins in an application itself, rather than in what it waits for. */
export interface OwnTrouble {
  /** Share of the impacted application's additional latency, 0..1; NaN when it cannot be told. */
  readonly latency: number;
  /** Share of its additional errors. */
  readonly errors: number;
}

/** Seconds by which the impacted application must have become slower for shares of it to mean anything. */
const LEAST_LATENCY_RISE = 0.001;
const LEAST_ERROR_RISE = 0.002;

interface Served {
  readonly requests: readonly RequestColumns[];
  readonly refused: readonly Column[];
}

/** What an application served, by its own count, else as its clients saw it. */
function servedBy(application: Application): Served {
  const clients = application.downstreams.flatMap((one) => one.requests);
  const refused = application.downstreams.map((one) => one.tcp.failedConnects);
  return { requests: application.inbound.length > 0 ? application.inbound : clients, refused };
}

const total = (frame: Frame, columns: readonly Column[]): Column =>
  sumColumns(columns, frame.world.grid.points);

const minus = (a: Column, b: Column): Column => a.map((value, i) => Math.max(0, value - (b[i] || 0)));

/** Nobody sees into it: it has neither spans nor counts of its own. */
const isOpaque = (application: Application | undefined): boolean =>
  application === undefined || (application.operations.length === 0 && application.inbound.length === 0);

const of = (dependency: Dependency, column: 'durationSum' | 'failed' | 'rate', frame: Frame): Column =>
  total(
    frame,
    dependency.requests.map((one) => one[column]),
  );

/** Seconds per second that an application spends on requests and not on waiting for others. */
export const ownTime: (application: Application, frame: Frame) => Column = perFrame((application, frame) => {
  if (application.operations.length > 0) {
    const self = total(
      frame,
      application.operations.map((one) => one.selfTime),
    );
    // calls of what leaves no spans look like own time
    const elsewhere = application.upstreams.filter((one) => isOpaque(frame.world.byId.get(one.server)));
    return minus(
      self,
      total(
        frame,
        elsewhere.map((one) => of(one, 'durationSum', frame)),
      ),
    );
  }
  const served = total(
    frame,
    servedBy(application).requests.map((one) => one.durationSum),
  );
  const waited = application.upstreams.flatMap((one) => one.requests.map((requests) => requests.durationSum));
  return minus(served, total(frame, waited));
});

/** Failures per second that are not the echo of a failed call, or of a connection that could not be made. */
export const ownFailures: (application: Application, frame: Frame) => Column = perFrame(
  (application, frame) => {
    if (application.operations.length > 0) {
      const here = total(
        frame,
        application.operations.map((one) => one.failedHere),
      );
      const called = application.upstreams.map((one) => unanswered(one, frame));
      const asked = application.downstreams.map((one) => unanswered(one, frame));
      return total(frame, [minus(here, total(frame, called)), ...asked]);
    }
    const failed = total(
      frame,
      servedBy(application).requests.map((one) => one.failed),
    );
    const below = application.upstreams.flatMap((one) => [
      ...one.requests.map((requests) => requests.failed),
      one.tcp.failedConnects,
    ]);
    return minus(failed, total(frame, below));
  },
);

/**
 * Failed calls, as the caller's spans tell, that the callee's spans know nothing of: nobody answered, or the caller
 * gave up. Of a callee without spans all failures are such.
 */
const unanswered: (dependency: Dependency, frame: Frame) => Column = perFrame((dependency, frame) => {
  const failed = of(dependency, 'failed', frame);
  const server = frame.world.byId.get(dependency.server);
  if (!server || isOpaque(server)) return failed;
  return minus(
    failed,
    total(
      frame,
      server.operations.map((one) => one.failed),
    ),
  );
});

const rateOf = perFrame((root: Application, frame) =>
  total(
    frame,
    servedBy(root).requests.map((one) => one.rate),
  ),
);
const rootRate = (frame: Frame): Column => rateOf(frame.root, frame);

/** For each request of the impacted application. */
export const perRootRequest = (frame: Frame, column: Column): Column => ratioColumn(column, rootRate(frame));

export interface Rise {
  readonly before: number;
  readonly during: number;
  readonly by: number;
}

export function riseOf(column: Column, frame: Frame): Rise {
  const before = meanOf(column, frame.baseline) || 0;
  const during = meanOf(column, frame.incident);
  return { before, during, by: during - before };
}

/** Seconds by which a request of the impacted application became slower. */
export const latencyRise = (frame: Frame): number => risesOf(frame.root, frame).latency;

/** Failures for each request of the impacted application, during less before. */
export const errorRise = (frame: Frame): number => risesOf(frame.root, frame).errors;

const risesOf = perFrame((root: Application, frame) => ({
  latency: latencyOf(root, frame),
  errors: errorsOf(root, frame),
}));

/** Part of the usual latency by which it must rise: less is the weather. */
const LEAST_LATENCY_SHARE = 0.1;

function latencyOf(root: Application, frame: Frame): number {
  const { requests } = servedBy(root);
  const spent = total(
    frame,
    requests.map((one) => one.durationSum),
  );
  const { before, by } = riseOf(perRootRequest(frame, spent), frame);
  return by >= LEAST_LATENCY_SHARE * before ? by : 0;
}

function errorsOf(root: Application, frame: Frame): number {
  const { requests, refused } = servedBy(root);
  const failed = total(frame, [...requests.map((one) => one.failed), ...refused]);
  return riseOf(perRootRequest(frame, failed), frame).by;
}

/** Share of the additional latency or errors of the impacted application that comes over one dependency, 0..1. */
export const carriedShare: (dependency: Dependency, frame: Frame) => number = perFrame(
  (dependency, frame) => {
    const time = of(dependency, 'durationSum', frame);
    const failed = total(frame, [of(dependency, 'failed', frame), dependency.tcp.failedConnects]);
    return Math.max(
      shareOf(time, latencyRise(frame), LEAST_LATENCY_RISE, frame),
      shareOf(failed, errorRise(frame), LEAST_ERROR_RISE, frame),
    );
  },
);

/** Share of the impacted application's usual requests that no longer complete. */
export function missingRise(frame: Frame): number {
  const { before, by } = riseOf(rootRate(frame), frame);
  return before > 0 && by < 0 ? -by / before : 0;
}

/** NaN shares where nobody counted its requests. */
export const ownTrouble: (application: Application, frame: Frame) => OwnTrouble = perFrame(workOut);

function workOut(application: Application, frame: Frame): OwnTrouble {
  const counted = application.operations.length > 0 || servedBy(application).requests.length > 0;
  if (!counted) return { latency: NaN, errors: NaN };
  return {
    latency: shareOf(ownTime(application, frame), latencyRise(frame), LEAST_LATENCY_RISE, frame),
    errors: shareOf(ownFailures(application, frame), errorRise(frame), LEAST_ERROR_RISE, frame),
  };
}

function shareOf(own: Column, impact: number, least: number, frame: Frame): number {
  if (!(impact > least)) return 0;
  const { by } = riseOf(perRootRequest(frame, own), frame);
  return by > 0 ? Math.min(1, by / impact) : 0;
}
