import { sumOf } from '@gumshoe/model/columns';
import { formatValue } from '@gumshoe/base/units';
import type { Application, Dependency, LogPatternColumns, World } from '@gumshoe/model/world';
import type { Pair } from './behaviour.ts';
import { MOST_SURPRISE, STRUCTURE_BITS, weighed, type Difference } from './difference.ts';
import { bitsOf } from './shift.ts';

const observedSeconds = ({ grid, window }: World): number => ((window.hi - window.lo) * grid.step) / 1000;

/** Names by which the same edge is known in both worlds. */
export const edgeKey = ({ client, server }: Dependency): string => `${client}\u0000${server}`;

export function presenceDifferences(worlds: Pair<World>): readonly Difference[] {
  const { before, after } = worlds;
  const gone = before.applications.filter(({ id }) => !after.byId.has(id));
  const made = after.applications.filter(({ id }) => !before.byId.has(id));
  const lived = ({ firstSeen, lastSeen }: Application): number => (lastSeen - firstSeen) / 60_000;
  return [
    ...gone.map((one): Difference => ({
      kind: 'application-gone',
      application: one.id,
      what: one.kind,
      surprise: weighed(STRUCTURE_BITS['application-gone'], lived(one) / 10),
      message: `${one.name} is gone.`,
    })),
    ...made.map((one): Difference => ({
      kind: 'application-new',
      application: one.id,
      what: one.kind,
      surprise: weighed(STRUCTURE_BITS['application-new'], lived(one) / 10),
      message: `${one.name} is new.`,
    })),
    ...edgeDifferences(before, after, 'dependency-gone'),
    ...edgeDifferences(after, before, 'dependency-new'),
  ];
}

/** Dependencies of one world that the other lacks, though it has both ends. */
function edgeDifferences(
  one: World,
  other: World,
  kind: 'dependency-new' | 'dependency-gone',
): readonly Difference[] {
  const known = new Set(other.dependencies.map(edgeKey));
  return one.dependencies
    .filter((edge) => !known.has(edgeKey(edge)))
    .filter(({ client, server }) => other.byId.has(client) || other.byId.has(server))
    .map((edge): Difference => {
      const rate =
        edge.requests.reduce((sum, { rate: column }) => sum + (sumOf(column, one.window) || 0), 0) /
        Math.max(1, one.window.hi - one.window.lo);
      const names = [edge.client, edge.server].map((id) => one.byId.get(id)?.name ?? id);
      const said = kind === 'dependency-new' ? 'now calls' : 'no longer calls';
      const traffic = rate > 0 ? ` (${formatValue(rate, 'per-second')} requests)` : '';
      return {
        kind,
        application: edge.client,
        peer: edge.server,
        what: edge.requests.map(({ protocol }) => protocol).join(', ') || 'tcp',
        surprise: weighed(STRUCTURE_BITS[kind], rate),
        message: `${names[0]} ${said} ${names[1]}${traffic}.`,
      };
    });
}

export function instanceDifferences({ before, after }: Pair<Application>): readonly Difference[] {
  const up = ({ instances }: Application): number =>
    instances.filter(({ state }) => state === 'up' || state === 'unknown').length;
  const [was, is] = [up(before), up(after)];
  if (was === is) return [];
  const surprise = weighed(STRUCTURE_BITS.instances, Math.abs(is - was));
  const message = `${after.name}: ${was} instances ran at the end, now ${is}.`;
  return [
    {
      kind: 'instances',
      application: after.id,
      what: 'instances',
      before: was,
      after: is,
      surprise,
      message,
    },
  ];
}

export function imageDifferences({ before, after }: Pair<Application>): readonly Difference[] {
  const [was, is] = [imagesOf(before), imagesOf(after)];
  if (was.length === 0 || is.length === 0 || was.join() === is.join()) return [];
  return [
    {
      kind: 'image',
      application: after.id,
      what: is.join(', '),
      surprise: weighed(STRUCTURE_BITS.image, after.instances.length),
      message: `${after.name}: image ${was.join(', ')} became ${is.join(', ')}.`,
    },
  ];
}

/** What every instance ran last. */
const imagesOf = ({ instances }: Application): readonly string[] =>
  [...new Set(instances.flatMap(({ images }) => images.at(-1)?.image || []))].sort();

const ERRORS: ReadonlySet<string> = new Set(['error', 'critical', 'fatal']);
const LEAST_MESSAGES = 3;
/** How often ordinary lines are logged follows traffic. */
const MOST_FOLLOWING = 15;

/** Patterns that came, fell silent, or are far more or less frequent; errors weigh more. */
export function logDifferences(
  worlds: Pair<World>,
  { before, after }: Pair<Application>,
): readonly Difference[] {
  const key = ({ level, pattern }: LogPatternColumns): string => `${level} ${pattern}`;
  const [was, is] = [before, after].map(({ logs }) => new Map(logs.map((one) => [key(one), one])));
  const keys = [...new Set([...was!.keys(), ...is!.keys()])].sort();
  return keys.flatMap((one) => logDifference(worlds, after, was!.get(one), is!.get(one)) ?? []);
}

function logDifference(
  worlds: Pair<World>,
  { id, name }: Application,
  was: LogPatternColumns | undefined,
  is: LogPatternColumns | undefined,
): Difference | undefined {
  const pattern = is ?? was;
  if (!pattern) return undefined;
  const count = (world: World, one?: LogPatternColumns): number =>
    one ? ((sumOf(one.rate, world.window) || 0) * world.grid.step) / 1000 : 0;
  const [n0, n1] = [count(worlds.before, was), count(worlds.after, is)];
  if (Math.max(n0, n1) < LEAST_MESSAGES) return undefined;
  const [rate0, rate1] = [n0 / observedSeconds(worlds.before), n1 / observedSeconds(worlds.after)];
  const grave = ERRORS.has(pattern.level) ? 8 : 0;
  const text = `"${pattern.sample.slice(0, 120)}"`;
  const base = {
    application: id,
    what: pattern.pattern,
    unit: 'per-second',
    before: rate0,
    after: rate1,
  } as const;
  if (n0 < 0.5)
    return {
      kind: 'log-pattern-new',
      ...base,
      surprise: weighed(STRUCTURE_BITS['log-pattern-new'] + grave, n1),
      message: `${name} logs something new (${pattern.level}, ${Math.round(n1)} times): ${text}.`,
    };
  if (n1 < 0.5)
    return {
      kind: 'log-pattern-silent',
      ...base,
      surprise: weighed(STRUCTURE_BITS['log-pattern-silent'] + grave / 2, n0),
      message: `${name} no longer logs (${pattern.level}, ${Math.round(n0)} times before): ${text}.`,
    };
  const ratio = Math.max(rate0, rate1) / Math.min(rate0, rate1);
  if (ratio < 3) return undefined;
  // counts scatter by their roots; ordinary windows differ by a third
  const spread = Math.sqrt(1 / n0 + 1 / n1 + 0.1);
  const bits = bitsOf(Math.log(ratio) / spread);
  const surprise = grave > 0 ? Math.min(MOST_SURPRISE, bits + grave) : Math.min(MOST_FOLLOWING, bits);
  const message = `${name} logs ${formatValue(rate1, 'per-second')} instead of ${formatValue(rate0, 'per-second')} (${pattern.level}): ${text}.`;
  return { kind: 'log-pattern-rate', ...base, surprise, message };
}
