import { toFailure } from '@gumshoe/base/failure';

/**
 * How servers word that a question is too large: Prometheus (promql/engine.go, web/api/v1), Thanos and Cortex (series
 * and chunk limits of the store), Mimir (pkg/util/globalerror), VictoriaMetrics (-search.max*).
 */
const WORDS = [
  /too many samples/i,
  /exceeded (sample|series|chunks?|maximum)/i,
  /(exceeds?|exceeded) (the |its )?(maximum|limit|-search\.max)/i,
  /limit \S+ violated/i,
  /err-mimir-max-/i,
  /cannot select more than -search\.max/i,
  /query time range exceeds/i,
  /number of matching timeseries exceeds/i,
  /response (body )?too large|exceeded .*bytes/i,
  /the answer is larger than/i,
];

export const saysTooLarge = (reason: string): boolean => WORDS.some((words) => words.test(reason));

/** Whether a smaller question could be answered where this one was refused. */
export function isTooLarge(error: unknown): boolean {
  const { code, reason } = toFailure(error, '', '');
  return code === 'limit-exceeded' || (code !== 'cancelled' && saysTooLarge(reason));
}
