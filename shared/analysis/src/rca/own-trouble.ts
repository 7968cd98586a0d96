import { meanOf, ratioColumn, ratioOf, sumColumns } from '@gumshoe/model/columns';
import type { Application, CellRange, Column, Dependency, RequestColumns } from '@gumshoe/model/world';
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
/** Failures for each request that must be more for it to mean anything. */
export const LEAST_ERROR_RISE = 0.002;

interface Served {
  readonly requests: readonly RequestColumns[];
  readonly refused: readonly Column[];
}

function servedBy(application: Application): Served {
  const refused = application.downstreams.map((one) => one.tcp.failedConnects);
  return { requests: requestsTo(application), refused };
}

/** What an application served, by its own count, else as its clients saw it. */
export const requestsTo = ({ inbound, downstreams }: Application): readonly RequestColumns[] =>
  inbound.length > 0 ? inbound : downstreams.flatMap((one) => one.requests);

/** Whether its spans were looked into one by one; counters of spans say neither own time nor where an error began. */
export const hasSelfTime: (application: Application, frame: Frame) => boolean = perFrame(
  (application, frame) =>
    application.operations.some(({ selfTime }) => selfTime.some((value) => value === value)) &&
    !isSampled(application, frame),
);

/** Part of what was counted that must have left spans for these to speak of all, and when spans are of requests only. */
const LEAST_SPANS = 0.8;
const ONE_EACH = 1.2;

/** Spans of some requests only, beside counts of all: shares of the one in the other would mean nothing. */
const isSampled: (application: Application, frame: Frame) => boolean = perFrame((application, frame) => {
  const rate = (some: readonly { readonly rate: Column }[], cells: CellRange): number =>
    some.reduce((sum, one) => sum + (meanOf(one.rate, cells) || 0), 0);
  return [frame.baseline, frame.incident].some((cells) => {
    const requests = rate(requestsTo(application), cells);
    const spans = rate(application.operations, cells) / requests;
    // calls leave spans as well, unless each request leaves but one
    const calls = rate(
      application.upstreams.flatMap((one) => one.requests),
      cells,
    );
    return spans < LEAST_SPANS || (spans > ONE_EACH && spans < LEAST_SPANS * (1 + calls / requests));
  });
});

const total = (frame: Frame, columns: readonly Column[]): Column =>
  sumColumns(columns, frame.world.grid.points);

const minus = (a: Column, b: Column): Column => a.map((value, i) => Math.max(0, value - (b[i] || 0)));

/** Seconds per second that clients spend on calls, the way there and back included where that is known. */
export function waitedOn({ requests }: Dependency, frame: Frame): Column {
  return total(
    frame,
    requests.map(({ durationSum, clientTime }) =>
      clientTime ? durationSum.map((value, i) => Math.max(value, clientTime[i] || 0)) : durationSum,
    ),
  );
}

/** Seconds per second spent on the way; undefined where the two sides are not told apart. */
export function onTheWay(dependency: Dependency, frame: Frame): Column | undefined {
  if (dependency.requests.every(({ clientTime }) => clientTime === undefined)) return undefined;
  return minus(waitedOn(dependency, frame), of(dependency, 'durationSum', frame));
}

/** Nobody sees into it: it has neither spans nor counts of its own. */
export const isOpaque = (application: Application | undefined): boolean =>
  application === undefined || (application.operations.length === 0 && application.inbound.length === 0);

const of = (dependency: Dependency, column: 'durationSum' | 'failed' | 'rate', frame: Frame): Column =>
  total(
    frame,
    dependency.requests.map((one) => one[column]),
  );

/** Seconds per second that an application spends on requests and not on waiting for others. */
export const ownTime: (application: Application, frame: Frame) => Column = perFrame((application, frame) => {
  if (hasSelfTime(application, frame)) {
    const self = total(
      frame,
      application.operations.map((one) => one.selfTime),
    );
    // calls of what leaves no spans, and the way to what does, look like own time
    const elsewhere = application.upstreams.flatMap((one) =>
      isOpaque(frame.world.byId.get(one.server))
        ? [of(one, 'durationSum', frame)]
        : (onTheWay(one, frame) ?? []),
    );
    return minus(self, total(frame, elsewhere));
  }
  const served = total(
    frame,
    requestsTo(application).map((one) => one.durationSum),
  );
  return minus(
    served,
    total(
      frame,
      application.upstreams.map((one) => waitedOn(one, frame)),
    ),
  );
});

const ownMean = perFrame((application: Application, frame) => {
  const rate = servedBy(application).requests.reduce(
    (sum, one) => sum + (meanOf(one.rate, frame.incident) || 0),
    0,
  );
  return meanOf(ownTime(application, frame), frame.incident) / rate;
});

const usualOfPeers = perFrame((_: Application, frame) => {
  const all = frame.world.applications
    .map((one) => ownMean(one, frame))
    .filter((seconds) => seconds >= 0 && seconds < Infinity)
    .sort((a, b) => a - b);
  return all[all.length >> 1] ?? NaN;
});

/** How many times as long as most others it takes for a request, in itself: all there is to go by without a time before. */
export const timesPeers = (application: Application, frame: Frame): number =>
  ownMean(application, frame) / usualOfPeers(frame.root, frame);

/** Failures per second that are not the echo of a failed call, or of a connection that could not be made. */
export const ownFailures: (application: Application, frame: Frame) => Column = perFrame(
  (application, frame) => {
    if (hasSelfTime(application, frame)) {
      const here = total(
        frame,
        application.operations.map((one) => one.failedHere),
      );
      const called = application.upstreams.map((one) => unanswered(one, frame));
      return total(frame, [minus(here, total(frame, called)), unansweredCalls(application, frame)]);
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

/** Failed calls of an application that its own spans know nothing of, per second. */
export const unansweredCalls = (application: Application, frame: Frame): Column =>
  total(
    frame,
    application.downstreams.map((one) => unanswered(one, frame)),
  );

/**
 * Failed calls, as the caller's spans tell, that the callee's spans know nothing of: nobody answered, or the caller
 * gave up. Of a callee without spans all failures are such.
 */
const unanswered: (dependency: Dependency, frame: Frame) => Column = perFrame((dependency, frame) => {
  const failed = of(dependency, 'failed', frame);
  const server = frame.world.byId.get(dependency.server);
  if (!server || isOpaque(server)) return failed;
  const told = isSampled(server, frame) ? requestsTo(server) : server.operations;
  return minus(
    failed,
    total(
      frame,
      told.map((one) => one.failed),
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

function riseBetween(before: number, during: number): Rise {
  return { before: before || 0, during, by: during - (before || 0) };
}

const riseOf = (column: Column, { baseline, incident }: Frame): Rise =>
  riseBetween(meanOf(column, baseline), meanOf(column, incident));

/** Of a share, by sums. */
export const riseOfRatio = (part: Column, whole: Column, { baseline, incident }: Frame): Rise =>
  riseBetween(ratioOf(part, whole, baseline), ratioOf(part, whole, incident));

/** For each request of the impacted application, before and during: all there was by all requests there were. */
export const risePerRootRequest = (column: Column, frame: Frame): Rise =>
  riseOfRatio(column, rootRate(frame), frame);

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
  const { before, by } = risePerRootRequest(spent, frame);
  return by >= LEAST_LATENCY_SHARE * before ? by : 0;
}

function errorsOf(root: Application, frame: Frame): number {
  const { requests, refused } = servedBy(root);
  const failed = total(frame, [...requests.map((one) => one.failed), ...refused]);
  return risePerRootRequest(failed, frame).by;
}

/** Share of the additional latency or errors of the impacted application that comes over one dependency, 0..1. */
export const carriedShare: (dependency: Dependency, frame: Frame) => number = perFrame(
  (dependency, frame) => {
    const time = waitedOn(dependency, frame);
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
  if (isUnconnected(frame)) return amongAll(application, frame);
  return {
    latency: shareOf(ownTime(application, frame), latencyRise(frame), LEAST_LATENCY_RISE, frame),
    errors: shareOf(ownFailures(application, frame), errorRise(frame), LEAST_ERROR_RISE, frame),
  };
}

/** Nobody says who calls whom. */
export const isUnconnected = ({ world }: Frame): boolean => world.dependencies.length === 0;

const servedColumn = (
  application: Application,
  column: 'durationSum' | 'failed' | 'rate',
  frame: Frame,
): Column =>
  total(
    frame,
    requestsTo(application).map((one) => one[column]),
  );

/** Mean seconds of its own requests, whatever it waited for. */
export const latencyOfOwn = (application: Application, frame: Frame): Rise =>
  riseOfRatio(
    servedColumn(application, 'durationSum', frame),
    servedColumn(application, 'rate', frame),
    frame,
  );

const risesOfMeans = perFrame((application: Application, frame) => {
  const of = (column: 'durationSum' | 'failed' | 'rate'): Column => servedColumn(application, column, frame);
  const latency = latencyOfOwn(application, frame);
  const share = riseOfRatio(of('failed'), of('rate'), frame).by;
  const failures = riseOf(of('failed'), frame).by;
  const { before } = latency;
  const slower = latency.by > LEAST_LATENCY_RISE ? latency.during / Math.max(latency.before, 1e-6) - 1 : 0;
  return { latency: slower, errors: share > LEAST_ERROR_RISE ? failures : 0, before };
});

const mostOfMeans = perFrame((_: Application, frame) => {
  const all = frame.world.applications.map((one) => risesOfMeans(one, frame));
  const errors = Math.max(0, ...all.map((one) => one.errors || 0));
  const failing = all.filter((one) => one.errors >= AS_OFTEN * errors && one.before > 0);
  return {
    latency: Math.max(0, ...all.map(({ latency }) => latency || 0)),
    errors,
    /** Usual latency of the quickest of those that fail most. */
    quickest: Math.min(...failing.map(({ before }) => before)),
  };
});

/** Having about as many failures as the one that has most, as a part of that. */
const AS_OFTEN = 0.6;
/** What is left for those that others of them answer to. */
const WAITS_FOR_IT = 0.75;

/**
 * Where nobody says who calls whom: trouble thins out on its way up, since callers do other things as well. The one that
 * became slower by the most times, or has the most failures, is the most likely place: each failure of a caller is one of
 * whom it called. Of those that have about as many it is the one that usually answers first: who calls takes longer than
 * whom it waits for.
 */
function amongAll(application: Application, frame: Frame): OwnTrouble {
  const own = risesOfMeans(application, frame);
  const most = mostOfMeans(frame.root, frame);
  const part = (value: number, all: number): number => (all > 0 ? Math.max(0, value / all) : 0);
  const isQuickest = own.before <= most.quickest && own.errors >= AS_OFTEN * most.errors;
  const errors = isQuickest ? 1 : WAITS_FOR_IT * part(own.errors, most.errors);
  return {
    latency: part(own.latency, most.latency),
    errors: most.quickest < Infinity && most.errors > 0 ? errors : part(own.errors, most.errors),
  };
}

function shareOf(own: Column, impact: number, least: number, frame: Frame): number {
  if (!(impact > least)) return 0;
  const { by } = risePerRootRequest(own, frame);
  return by > 0 ? Math.min(1, by / impact) : 0;
}
