import type { Finding } from '@gumshoe/analysis/finding';
import { inspectWorld, type InspectedApplication } from '@gumshoe/analysis/inspect';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { FAULTS, type FaultType } from './eval/rca/faults.ts';
import { MODES } from './eval/rca/modes.ts';
import { makeScenario, type Scenario } from './eval/rca/scenario.ts';
import { simulate } from './eval/rca/simulate.ts';
import { figures } from './figures.ts';

/** Seeds of the clusters; the inspections were not tuned on these. */
const FIRST = 5000;
const CALM = 40;
const BROKEN = 4;
/** What the users feel is measured elsewhere: `npm run eval -- rca`. */
const fired = ({ health, area }: Finding): boolean =>
  area !== 'SLO' && (health === 'warning' || health === 'critical');

/**
 * Which inspections fire in calm clusters, in which versions, CPU, logs and traffic change but nothing is wrong, and
 * which fire at a broken service or at those who call it.
 */
export async function benchInspections(): Promise<void> {
  const alarms = new Map<string, number>();
  let applications = 0;
  let hours = 0;
  for (let seed = FIRST; seed < FIRST + CALM; seed++) {
    const scenario = makeScenario(seed, MODES[seed % MODES.length]!, () => new Map());
    const inspected = inspect(scenario);
    applications += inspected.length;
    hours += (inspected.length * (scenario.window.to - scenario.window.from)) / 3_600_000;
    for (const { inspection } of inspected.flatMap(({ findings }) => findings.filter(fired)))
      alarms.set(inspection, (alarms.get(inspection) ?? 0) + 1);
  }
  console.log(
    `calm: ${CALM} clusters, ${applications} applications, ${hours.toFixed(0)} hours of applications`,
  );
  const rows = [...alarms]
    .sort((a, b) => b[1] - a[1])
    .map(([id, count]) => [id, String(count), ((24 * count) / hours).toFixed(2)]);
  console.log(figures(['inspection', 'fired', 'a day and application'], rows));
  console.log(`\nbroken: ${BROKEN} clusters for each of ${FAULTS.length} kinds of trouble`);
  console.log(figures(['trouble', 'clusters', 'seen in', 'by'], FAULTS.map(broken)));
}

const inspect = (scenario: Scenario): readonly InspectedApplication[] => {
  const history = scenario.window.from - scenario.range.from;
  return inspectWorld(buildWorld(simulate(scenario), scenario.window, { history })).applications;
};

/** What is said of the broken service and of whoever calls it, logs left out: they complain about everything. */
function broken(fault: FaultType): string[] {
  const by = new Map<string, number>();
  let clusters = 0;
  let seen = 0;
  for (let seed = FIRST; seed < FIRST + BROKEN; seed++) {
    let guilty = '';
    const scenario = makeScenario(seed, MODES[0]!, (topology, random) => {
      const places = topology.services.filter(
        (service) => fault.at(service, topology) && Number.isFinite(service.depth),
      );
      if (places.length === 0) return new Map();
      const place = random.pick(places);
      guilty = place.name;
      return new Map([[place.index, fault.effect(random, place)]]);
    });
    if (guilty === '') continue;
    clusters++;
    const near = inspect(scenario).filter(
      ({ application }) =>
        application.name === guilty ||
        application.upstreams.some(({ server }) => server.endsWith(`:${guilty}`)),
    );
    const ids = new Set(
      near
        .flatMap(({ findings }) => findings.filter(fired))
        .filter(({ area }) => area !== 'Logs')
        .map(({ inspection }) => inspection),
    );
    if (ids.size > 0) seen++;
    for (const id of ids) by.set(id, (by.get(id) ?? 0) + 1);
  }
  const most = [...by].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 4);
  return [fault.name, String(clusters), String(seen), most.map(([id, count]) => `${id} ${count}`).join(', ')];
}
