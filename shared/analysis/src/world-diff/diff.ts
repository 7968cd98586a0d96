import { formatValue } from '@gumshoe/base/units';
import { diffTopFrames } from '@gumshoe/model/derived/frame-shares';
import type { Samples } from '@gumshoe/model/derived/flame-graph';
import type { ApplicationId, Health } from '@gumshoe/model/entities';
import type { InspectedApplication, InspectedWorld } from '../inspect.ts';
import { applicationDifferences, dependencyDifferences, type Pair } from './behaviour.ts';
import { STRUCTURE_BITS, weighed, type Difference, type WorldDiff } from './difference.ts';
import { bitsOf } from './shift.ts';
import {
  edgeKey,
  imageDifferences,
  instanceDifferences,
  logDifferences,
  presenceDifferences,
} from './structure.ts';

/** What a world does not hold itself. */
export interface WorldExtras {
  /** Files by name. */
  readonly configuration?: ReadonlyMap<string, string>;
  /** CPU samples of applications that have some. */
  readonly profiles?: ReadonlyMap<ApplicationId, Samples>;
}

const NO_EXTRAS: WorldExtras = {};

/**
 * What is different between two inspected worlds, most surprising first: topology, traffic, errors, latency, resources,
 * log patterns, images, configuration, profiles and findings. Applications are the same when their ids are. Same
 * worlds, same answer.
 */
export function diffWorlds(
  before: InspectedWorld,
  after: InspectedWorld,
  extras: Pair<WorldExtras> = { before: NO_EXTRAS, after: NO_EXTRAS },
): WorldDiff {
  const worlds = { before: before.world, after: after.world };
  const both = after.applications.flatMap((one) => {
    const was = before.byId.get(one.application.id);
    return was ? [{ before: was, after: one }] : [];
  });
  const known = new Map(before.world.dependencies.map((edge) => [edgeKey(edge), edge]));
  const edges = after.world.dependencies.flatMap((edge) => {
    const was = known.get(edgeKey(edge));
    return was ? [{ before: was, after: edge }] : [];
  });
  const differences = [
    ...presenceDifferences(worlds),
    ...both.flatMap((pair) => {
      const applications = { before: pair.before.application, after: pair.after.application };
      return [
        ...applicationDifferences({ before, after }, pair),
        ...instanceDifferences(applications),
        ...imageDifferences(applications),
        ...logDifferences(worlds, applications),
        ...findingDifferences(pair),
        ...profileDifferences(pair, extras),
      ];
    }),
    ...edges.flatMap((pair) => dependencyDifferences(worlds, pair)),
    ...configurationDifferences(extras),
  ];
  return {
    schema: 'gumshoe.diff/1',
    before: before.world.range,
    after: after.world.range,
    differences: ranked(differences),
    alike: { applications: both.length, dependencies: edges.length },
  };
}

/** Below this it is noise. */
const LEAST_SURPRISE = 3;

const ranked = (differences: readonly Difference[]): readonly Difference[] =>
  differences
    .filter(({ surprise }) => surprise >= LEAST_SURPRISE)
    .sort((a, b) => b.surprise - a.surprise || (a.message < b.message ? -1 : Number(a.message > b.message)));

const ORDER: Readonly<Record<Health, number>> = { unknown: 0, ok: 1, warning: 2, critical: 3 };
const JUDGED: ReadonlySet<Health> = new Set(['ok', 'warning', 'critical']);

function findingDifferences({ before, after }: Pair<InspectedApplication>): readonly Difference[] {
  const { id, name } = after.application;
  const was = new Map(before.findings.map((finding) => [finding.inspection, finding]));
  return after.findings.flatMap((finding): readonly Difference[] => {
    const earlier = was.get(finding.inspection)?.health ?? 'ok';
    if (!JUDGED.has(earlier) || !JUDGED.has(finding.health) || earlier === finding.health) return [];
    const steps = Math.abs(ORDER[finding.health] - ORDER[earlier]);
    return [
      {
        kind: 'finding',
        application: id,
        what: finding.inspection,
        surprise: 5 * steps,
        message: `${name}: ${finding.title} was ${earlier}, now ${finding.health}. ${finding.message}`,
      },
    ];
  });
}

const FRAMES = 3;
/** Half a second on the CPU: some fifty samples make a share worth comparing. */
const LEAST_NANOSECONDS = 5e8;

const isEnough = ({ values, unit }: Samples): boolean =>
  values.reduce((sum, value) => sum + value, 0) >= (unit === 'nanoseconds' ? LEAST_NANOSECONDS : 1);

function profileDifferences(
  { after }: Pair<InspectedApplication>,
  extras: Pair<WorldExtras>,
): readonly Difference[] {
  const { id, name } = after.application;
  const [was, is] = [extras.before.profiles?.get(id), extras.after.profiles?.get(id)];
  if (!was || !is || !isEnough(was) || !isEnough(is)) return [];
  return diffTopFrames(is, was, FRAMES).map(({ frame, baseline, current }): Difference => ({
    kind: 'profile',
    application: id,
    what: frame,
    unit: 'ratio',
    before: baseline,
    after: current,
    surprise: bitsOf((current - baseline) / Math.sqrt(0.03 ** 2 + (0.1 * baseline) ** 2)),
    message: `${name}: ${frame} is on ${formatValue(current, 'ratio')} of CPU samples, before on ${formatValue(baseline, 'ratio')}.`,
  }));
}

function configurationDifferences({ before, after }: Pair<WorldExtras>): readonly Difference[] {
  const [was, is] = [
    before.configuration ?? new Map<string, string>(),
    after.configuration ?? new Map<string, string>(),
  ];
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((name): readonly Difference[] => {
    if (was.get(name) === is.get(name)) return [];
    const changed = changedLines(was.get(name) ?? '', is.get(name) ?? '');
    const said = !was.has(name)
      ? 'is new'
      : !is.has(name)
        ? 'is gone'
        : `changed: ${changed.slice(0, 3).join('; ')}`;
    return [
      {
        kind: 'configuration',
        what: name,
        surprise: weighed(STRUCTURE_BITS.configuration, changed.length),
        message: `${name} ${said}${changed.length > 3 ? ` and ${changed.length - 3} more lines` : ''}.`,
      },
    ];
  });
}

/** Lines that only one of two texts has. */
function changedLines(before: string, after: string): readonly string[] {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const [known, now] = [new Set(was), new Set(is)];
  return [
    ...was.filter((line) => !now.has(line)).map((line) => `- ${line.trim()}`),
    ...is.filter((line) => !known.has(line)).map((line) => `+ ${line.trim()}`),
  ];
}
