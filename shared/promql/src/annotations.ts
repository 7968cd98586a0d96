import type { Position } from './parser/ast.ts';

/** What an evaluation has to say besides its result, worded as Prometheus words it; each sentence once. */
export interface Annotated {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

const MAX_EACH = 10;
const HISTOGRAM_QUANTILE =
  'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';

/** What several steps have in common that had to be fixed, for one sentence. */
interface Fixes {
  readonly where: Position;
  from: number;
  to: number;
  low: number;
  high: number;
  difference: number;
  count: number;
}

/**
 * Collects annotations of one evaluation (Prometheus, util/annotations). Prometheus shows at most ten of each kind;
 * so does this.
 */
export class Annotations {
  private readonly warningSet = new Set<string>();
  private readonly infoSet = new Set<string>();
  private readonly fixes = new Map<Position, Fixes>();

  warn(text: string, at: Position): void {
    this.warningSet.add(`PromQL warning: ${text} (${at.line}:${at.column})`);
  }

  inform(text: string, at: Position): void {
    this.infoSet.add(`PromQL info: ${text} (${at.line}:${at.column})`);
  }

  quantileOutOfRange(value: number, at: Position): void {
    this.warn(`quantile value should be between 0 and 1, got ${compact(value)}`, at);
  }

  ratioOutOfRange(value: number, used: number, at: Position): void {
    this.warn(
      `ratio value should be between -1 and 1, got ${compact(value)}, capping to ${compact(used)}`,
      at,
    );
  }

  badBucketLabel(metric: string, value: string, at: Position): void {
    const of = metric === '' ? '' : ` for metric name ${quoted(metric)}`;
    this.warn(`bucket label "le" is missing or has a malformed value of ${quoted(value)}${of}`, at);
  }

  possibleNonCounter(metric: string, at: Position): void {
    this.inform(
      `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${quoted(metric)}`,
      at,
    );
  }

  /** Buckets between the bounds `low` and `high` were raised by at most `difference` at `time` (ms). */
  forcedMonotonicity(time: number, low: number, high: number, difference: number, at: Position): void {
    const known = this.fixes.get(at);
    if (!known) {
      this.fixes.set(at, { where: at, from: time, to: time, low, high, difference, count: 1 });
      return;
    }
    known.from = Math.min(known.from, time);
    known.to = Math.max(known.to, time);
    known.low = Math.min(known.low, low);
    known.high = Math.max(known.high, high);
    known.difference = Math.max(known.difference, difference);
    known.count++;
  }

  result(): Annotated {
    const infos = new Set(this.infoSet);
    for (const fix of this.fixes.values()) {
      const when = `from ${instant(fix.from)} to ${instant(fix.to)}`;
      const buckets = `from buckets ${compact(fix.low)} to ${compact(fix.high)}`;
      const most = `with a max diff of ${compact(Number(fix.difference.toPrecision(2)), 2)}`;
      const at = `(${fix.where.line}:${fix.where.column})`;
      infos.add(
        `PromQL info: ${HISTOGRAM_QUANTILE}, ${buckets}, ${most}, over ${fix.count} samples ${when} ${at}`,
      );
    }
    return { warnings: limited(this.warningSet, 'warning'), infos: limited(infos, 'info') };
  }
}

function limited(texts: ReadonlySet<string>, kind: string): string[] {
  const all = [...texts].sort();
  if (all.length <= MAX_EACH) return all;
  return [...all.slice(0, MAX_EACH), `${all.length - MAX_EACH} more ${kind} annotations omitted`];
}

const instant = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

const quoted = (text: string): string => JSON.stringify(text);

/** As Go's %g prints a float; `digits` is the exponent from which it writes one. */
function compact(value: number, digits = 21): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < digits) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
