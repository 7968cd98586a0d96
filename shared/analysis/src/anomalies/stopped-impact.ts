import { ratioColumn, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { matchLabel, promqlEvidence, rateWindow, selectApplication } from '../evidence.ts';
import type { InspectedWorld } from '../inspect.ts';
import { findChange, isSignificant, type Change } from './change.ts';
import { gathered, incidentOver, stretchOf, type Unusual, type UnusualImpact } from './unusual.ts';

const SURE = 5;
/** What is left for each request, at most, and what there was at least. */
const GONE = 0.2;
const LEAST_BEFORE = 0.05;
/** Times it happened before, and would have since, for its absence to be one. */
const LEAST_SEEN = 40;
const LEAST_MISSED = 25;
/** ms */
const LEAST_LENGTH = 120_000;

/** Something an application does for its requests. */
interface Deed {
  readonly what: string;
  readonly rate: Column;
  readonly query: string;
}

/**
 * Applications that no longer do something for each request that they did before, and go on serving: an early return, a
 * call that is skipped, a wrong answer that nobody counts as a failure. Only asked when requests are as fast and as right
 * as ever.
 */
export function stoppedImpact(inspected: InspectedWorld, application?: ApplicationId): UnusualImpact {
  const { world } = inspected;
  return gathered(
    inspected.applications
      .filter((one) => application === undefined || one.application.id === application)
      .filter(({ serviceLevel }) => serviceLevel.indicators.source !== 'none')
      .flatMap((one) => impactOf(world, one.application, one.serviceLevel.indicators.rate)),
  );
}

function deedsOf(world: World, application: Application): readonly Deed[] {
  const window = rateWindow(world);
  const calls = application.upstreams.map(({ server, requests, calls: named }): Deed => {
    const name = world.byId.get(server)?.name ?? server;
    const servers = matchLabel('service_name', [name, ...named.map((one) => one.serverServiceName)]);
    const clients = matchLabel('client_service_name', [
      application.name,
      ...named.map((one) => one.clientServiceName),
    ]);
    return {
      what: `calls ${name}`,
      rate: sumColumns(
        requests.map((one) => one.rate),
        world.grid.points,
      ),
      query: `sum(rate(${T.requests.name}{${servers},${clients}}${window}))`,
    };
  });
  const operations = application.operations.map(({ name, rate }): Deed => ({
    what: `does ${name}`,
    rate,
    query: `sum(rate(${selectApplication(application, T.spans.name, matchLabel('span_name', [name]))}${window}))`,
  }));
  return [...calls, ...operations];
}

function impactOf(world: World, application: Application, served: Column): readonly Unusual[] {
  const [worst] = deedsOf(world, application)
    .flatMap((deed) => judge(world, deed, served))
    .sort((a, b) => b.change.before - a.change.before || (a.deed.what < b.deed.what ? -1 : 1));
  if (!worst) return [];
  const { deed, column, change } = worst;
  const { before, during, cells } = change;
  const incident = incidentOver(world, application, {
    key: deed.what,
    slo: 'availability',
    cells,
    impact: 0,
    weight: before,
    says: (when) =>
      `${application.name} no longer ${deed.what} ${when} UTC: ${before.toFixed(2)} times for each request before, ${during.toFixed(2)} then; requests are served as usual.`,
  });
  const evidence = {
    ...promqlEvidence(deed.query, world.range, incident.summary),
    ...stretchOf(incident, world),
    value: during,
    baselineValue: before,
    unit: 'ratio' as const,
  };
  return [{ incident, column, evidence: [evidence] }];
}

function judge(
  world: World,
  deed: Deed,
  served: Column,
): readonly { readonly deed: Deed; readonly column: Column; readonly change: Change }[] {
  const filled = deed.rate.map((value) => (value === value ? value : 0));
  const per = ratioColumn(filled, served);
  const change = findChange(per, { lo: 0, hi: world.grid.points });
  if (!change || !isSignificant(change, SURE)) return [];
  const { before, during, cells } = change;
  const seen = (sumOf(filled, { lo: 0, hi: cells.lo }) * world.grid.step) / 1000;
  const missed = (before * sumOf(served, cells) * world.grid.step) / 1000;
  const isGone =
    before >= LEAST_BEFORE && during <= GONE * before && seen >= LEAST_SEEN && missed >= LEAST_MISSED;
  const isLong = (cells.hi - cells.lo) * world.grid.step >= LEAST_LENGTH && cells.hi > world.window.lo;
  const column = per.map((value) => (value === value ? Math.max(0, before - value) : NaN));
  return isGone && isLong ? [{ deed, column, change }] : [];
}
