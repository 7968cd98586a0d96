import { NO_CONFIGURATION, type Configuration } from '@gumshoe/analysis/configuration/parse-configuration';
import { findCosts } from '@gumshoe/analysis/costs/find-costs';
import { compareDeployment } from '@gumshoe/analysis/deployments/compare';
import { findDeployments } from '@gumshoe/analysis/deployments/find-deployments';
import { findRisks } from '@gumshoe/analysis/risks/find-risks';
import { wantedEvidence } from '@gumshoe/analysis/rca/wanted';
import { investigate } from '@gumshoe/analysis/rca/investigate';
import { FailureError, toFailure } from '@gumshoe/base/failure';
import { milliseconds, type Clock, type TimeRange } from '@gumshoe/base/time';
import { flameGraph } from '@gumshoe/model/derived/flame-graph';
import { traceTree } from '@gumshoe/model/derived/trace-tree';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
import { applicationPageOf } from './answers/application-page.ts';
import { deploymentEvidence } from './answers/deployment-evidence.ts';
import { incidentNews } from './answers/incidents.ts';
import { inspectionsOf } from './answers/inspections.ts';
import { overviewOf } from './answers/overview.ts';
import { reportOf } from './answers/report.ts';
import { risksWithEvidence } from './answers/risk-evidence.ts';
import { serviceMapOf } from './answers/service-map.ts';
import type { ApplicationPage, BlindSpot, EngineApi } from './api.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { judgeAlerts } from './judge-alerts.ts';
import { listTraces } from './list-traces.ts';
import type { Reader } from './ports.ts';
import { readProfile } from './profiles.ts';
import { WorldSource } from './world-source.ts';

export interface EngineOptions {
  readonly reader: Reader;
  /** For the lifetime of cached answers about live windows; without it nothing live is reused. */
  readonly clock?: Clock;
  /** Objectives, thresholds, alert rules, groups and prices; without it what is built in. */
  readonly configuration?: Configuration;
}

const SQL_LIMITS = { maxRows: 10_000, timeoutMs: 30_000 };

/** Answers about one open source. Holds no connection of its own: closing the reader is its owner's job. */
export function createEngine({ reader, clock, configuration }: EngineOptions): EngineApi {
  const { alerts, prices, dismissedRisks } = configuration ?? NO_CONFIGURATION;
  const worlds = new WorldSource(reader, clock ?? NO_CLOCK, configuration ?? NO_CONFIGURATION);

  const applicationIn = async (id: ApplicationId, range: TimeRange, signal?: AbortSignal) => {
    const inspected = await worlds.get(range, signal);
    const one = inspected.byId.get(id);
    if (!one) throw unknownApplication(id);
    return { inspected, one };
  };

  return {
    status: (signal) => reader.status(signal),
    extent: (signal) => reader.extent(signal),
    overview: async (range, signal) => overviewOf(await worlds.get(range, signal), missingOf(reader)),
    serviceMap: async (range, signal) => serviceMapOf(await worlds.get(range, signal)),
    inspections: async (range, signal) => inspectionsOf(await worlds.get(range, signal)),
    deployments: async (range, signal) => {
      const inspected = await worlds.get(range, signal);
      return findDeployments(inspected.world).map((deployment) => {
        const comparison = compareDeployment(inspected, deployment, prices);
        const one = inspected.byId.get(deployment.application);
        const evidence = deploymentEvidence(inspected.world, one, deployment, comparison);
        return { deployment, comparison, evidence };
      });
    },
    risks: async (range, signal) => {
      const { world } = await worlds.get(range, signal);
      return risksWithEvidence(world, findRisks(world, dismissedRisks));
    },
    costs: async (range, signal) => findCosts((await worlds.get(range, signal)).world, prices),
    alerts: (range, signal) => judgeAlerts(worlds, alerts, range, signal),
    followIncidents: async (book, range, calm, signal) =>
      incidentNews(book, await worlds.get(range, signal), calm),
    application: async (id, range, signal): Promise<ApplicationPage> => {
      const { inspected, one } = await applicationIn(id, range, signal);
      const { hasProfile, blindSpots } = await profileState(reader, one.application, range, signal);
      return applicationPageOf(inspected, one, hasProfile, blindSpots);
    },
    investigate: async (range, application, signal) => {
      const inspected = await worlds.get(range, signal);
      if (application !== undefined && !inspected.byId.has(application))
        throw unknownApplication(application);
      const options = application === undefined ? {} : { application };
      const wanted = wantedEvidence(inspected, options);
      const extra = await gatherEvidence(reader, inspected, wanted, signal);
      const missing = [
        ...extra.missing,
        ...missingOf(reader).map(({ subject, reason }) => ({ subject, reason })),
      ];
      return reportOf(investigate(inspected, { ...options, extra: { ...extra, missing } }));
    },
    traces: (filter, signal) => listTraces(reader, filter, signal),
    trace: async (traceId, signal) => {
      const spans = await reader.trace(traceId, signal);
      if (spans.length === 0) throw notFound('read a trace', traceId, 'no span of this trace is stored');
      return traceTree(spans);
    },
    profile: async (id, range, signal) => {
      const { one } = await applicationIn(id, range, signal);
      const samples = await readProfile(reader, one.application, range, signal);
      return { ...flameGraph(samples), ...(samples.cut === undefined ? {} : { cut: samples.cut }) };
    },
    logs: (filter, signal) => reader.logs(filter, signal),
    promql: (query, grid, signal) => reader.queryRange(query, grid, signal),
    sql: (query, signal) => reader.sql(query, SQL_LIMITS, signal),
  };
}

/** What the source could not tell, as blind spots. */
const missingOf = (reader: Reader): readonly BlindSpot[] =>
  (reader.shortcomings?.() ?? []).map((reason) => ({
    subject: 'the source',
    reason,
    cost: 'what it would have told is not judged',
  }));

/** Without a clock no answer can be told to be fresh, so none is reused. */
const NO_CLOCK: Clock = { now: () => milliseconds(NaN) };

const unknownApplication = (id: ApplicationId): FailureError =>
  notFound('find an application', id, 'it has no samples in the window');

const notFound = (tried: string, target: string, reason: string): FailureError =>
  new FailureError({ code: 'not-found', tried, target, reason });

/** Whether there are CPU samples; a failing profile store costs the flame graph, not the page. */
async function profileState(
  reader: Reader,
  application: Application,
  range: TimeRange,
  signal?: AbortSignal,
): Promise<{ readonly hasProfile: boolean; readonly blindSpots: readonly BlindSpot[] }> {
  try {
    const samples = await readProfile(reader, application, range, signal);
    return { hasProfile: samples.stacks.length > 0, blindSpots: [] };
  } catch (error) {
    const failure = toFailure(error, 'read profiles', application.name);
    if (failure.code === 'cancelled') throw error;
    const spot = {
      subject: `profile of ${application.name}`,
      reason: failure.reason,
      cost: 'no flame graph',
    };
    return { hasProfile: false, blindSpots: [spot] };
  }
}
