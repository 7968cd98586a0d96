import { err, ok, type Result } from '@gumshoe/base/result';
import { HOUR, SECOND } from '@gumshoe/base/time';
import type { ObjectiveRule, ObjectiveSettings } from '../slo/objectives.ts';
import type { Cursor } from './cursor.ts';
import type { Complaint } from './mistake.ts';
import { readDuration, readPercentage } from './quantity.ts';
import { readQueries } from './read-queries.ts';
import { readScope, SCOPE_KEYS } from './scoped.ts';

/** `slo:` with `period`, `availability` and `latency`, each with a `default` and `overrides`. */
export function readSlo(slo: Cursor): ObjectiveSettings {
  const rules: ObjectiveRule[] = [];
  let period: number | undefined;
  for (const [key, value] of slo.entries(['period', 'availability', 'latency'])) {
    if (key === 'period') period = value.read((text) => readDuration(text, HOUR));
    else if (key === 'availability') rules.push(...readPart(value, 'availability'));
    else rules.push(...readPart(value, 'latency'));
  }
  return { rules, ...(period === undefined ? {} : { period }) };
}

type Promise = Pick<ObjectiveRule, 'share' | 'threshold' | 'queries'>;

const QUERY_KEYS: Readonly<Record<ObjectiveRule['kind'], readonly string[]>> = {
  availability: ['total', 'failed'],
  latency: ['histogram', 'total', 'slow'],
};

function readPart(part: Cursor, kind: ObjectiveRule['kind']): readonly ObjectiveRule[] {
  return part.entries(['default', 'overrides']).flatMap(([key, value]): readonly ObjectiveRule[] => {
    if (key === 'default') {
      const promise = kind === 'availability' ? readAvailability(value) : readLatency(value, []);
      return promise ? [{ kind, ...promise }] : [];
    }
    return value.items().flatMap((entry) => readOverride(entry, kind) ?? []);
  });
}

function readOverride(entry: Cursor, kind: ObjectiveRule['kind']): ObjectiveRule | undefined {
  let promise: Promise | undefined;
  const keys = [...SCOPE_KEYS, ...QUERY_KEYS[kind]];
  if (kind === 'latency') promise = readLatency(entry, keys);
  else {
    entry.entries([...keys, 'target']);
    const target = entry.get('target');
    promise = target.isEmpty
      ? entry.complain({ message: 'target is missing', allowed: ['target: 99.9'] })
      : readAvailability(target);
  }
  const application = readScope(entry);
  const queries = readQueries(entry, kind, application);
  if (!promise || application === undefined) return undefined;
  return { kind, application, ...promise, ...(queries ? { queries } : {}) };
}

function readAvailability(value: Cursor): Promise | undefined {
  const share = value.read(readTarget);
  return share === undefined ? undefined : { share };
}

/** `off` promises nothing; 100 % could never be kept or broken by degrees. */
export function readTarget(text: string): Result<number, Complaint> {
  if (text.trim() === 'off' || text.trim() === 'false') return ok(0);
  const share = readPercentage(text);
  if (!share.ok) return err({ ...share.error, allowed: ['99.9', '99.9%', 'off'] });
  return share.value < 1
    ? share
    : err({ message: 'an objective of 100 % leaves no error budget', allowed: ['99.99', 'off'] });
}

const QUANTILE = /^p(\d{1,2}(?:\.\d+)?)$/;
const QUANTILES = ['p50', 'p75', 'p90', 'p95', 'p99', 'p99.9'];

/** `p99: 100ms`, or `target: 99%` with `threshold: 100ms`; `off` promises nothing. */
function readLatency(value: Cursor, more: readonly string[]): Promise | undefined {
  if (value.isScalar) {
    const share = value.read((text) =>
      text === 'off' || text === 'false'
        ? ok(0)
        : err({ message: 'a quantile and a duration are needed here', allowed: ['{ p99: 100ms }', 'off'] }),
    );
    return share === undefined ? undefined : { share };
  }
  const quantiles: Promise[] = [];
  const entries = value.entries([...more, 'target', 'threshold', ...QUANTILES], QUANTILE);
  for (const [key, at] of entries) {
    const match = QUANTILE.exec(key);
    const threshold = match && at.read((text) => readDuration(text, 1));
    if (match && threshold) quantiles.push({ share: Number(match[1]) / 100, threshold: threshold / SECOND });
  }
  if (quantiles.length > 1)
    return value.complain({ message: 'one quantile is one objective: choose one', allowed: QUANTILES });
  if (entries.every(([key]) => more.includes(key)))
    return value.complain({ message: 'a quantile and a duration are needed here', allowed: ['p99: 100ms'] });
  return quantiles[0] ?? readTargetAndThreshold(value);
}

function readTargetAndThreshold(value: Cursor): Promise | undefined {
  const share = value.get('target').read(readTarget);
  const threshold = value.get('threshold').read((text) => readDuration(text, 1));
  if (share === undefined && threshold === undefined) return undefined;
  return {
    ...(share === undefined ? {} : { share }),
    ...(threshold === undefined ? {} : { threshold: threshold / SECOND }),
  };
}
