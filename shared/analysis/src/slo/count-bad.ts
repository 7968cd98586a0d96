import { formatValue } from '@gumshoe/base/units';
import type { Objective } from './objectives.ts';

/** `410 of 1000 requests failed` */
export function countBad(
  { kind, threshold = 0 }: Pick<Objective, 'kind' | 'threshold'>,
  bad: number,
  requests: number,
): string {
  const what =
    kind === 'availability' ? 'failed' : `took longer than ${formatValue(threshold, 'seconds')} or hung`;
  const count = (value: number): string => formatValue(Math.round(value), 'count');
  return `${count(bad)} of ${count(requests)} requests ${what}`;
}
