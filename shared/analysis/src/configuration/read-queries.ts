import { FailureError } from '@gumshoe/base/failure';
import { err, ok, type Result } from '@gumshoe/base/result';
import { parsePromql } from '@gumshoe/promql/parse';
import type { IndicatorQueries, ObjectiveKind } from '../slo/objectives.ts';
import type { Cursor } from './cursor.ts';
import type { Complaint } from './mistake.ts';
import { required } from './scoped.ts';

/**
 * PromQL that an objective is judged by: `total` with `failed` (availability) or `slow` (latency), or a `histogram`.
 * They say nothing about who they are for, so they need one application.
 */
export function readQueries(
  entry: Cursor,
  kind: ObjectiveKind,
  application: string | undefined,
): IndicatorQueries | undefined {
  const part = kind === 'availability' ? 'failed' : 'slow';
  const histogram = kind === 'latency' ? entry.get('histogram') : undefined;
  const given = [entry.get('total'), entry.get(part), ...(histogram ? [histogram] : [])].filter(
    (one) => !one.isEmpty,
  );
  const [first] = given;
  if (!first) return undefined;
  if (application !== undefined && /[*?{]/.test(application))
    return first.complain({
      message: 'queries are of one application: a glob has no place here',
      allowed: ['a name', 'namespace:Kind:name'],
    });
  if (histogram && !histogram.isEmpty) {
    if (given.length > 1)
      return first.complain({
        message: 'histogram stands alone',
        allowed: ['histogram: …', `total: … with ${part}: …`],
      });
    const query = histogram.read(readPromql);
    return query === undefined ? undefined : { histogram: query };
  }
  const total = required(entry, 'total', readPromql);
  const bad = required(entry, part, readPromql);
  return total === undefined || bad === undefined ? undefined : { total, bad };
}

function readPromql(text: string): Result<string, Complaint> {
  try {
    parsePromql(text);
    return ok(text);
  } catch (thrown) {
    if (!(thrown instanceof FailureError)) throw thrown;
    return err({
      message: `this is no PromQL: ${thrown.failure.reason}`,
      allowed: ['sum(rate(requests_total[1m]))'],
    });
  }
}
