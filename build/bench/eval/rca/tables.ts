import { figures } from '../../figures.ts';
import type { Quiet, Trial } from './evaluate.ts';

function summary(name: string, trials: readonly Trial[]): string[] {
  const share = (good: number): string => `${((100 * good) / trials.length).toFixed(0)} %`;
  const top = (most: number): number => trials.filter(({ rank }) => rank > 0 && rank <= most).length;
  const reciprocal = trials.reduce((sum, { rank }) => sum + (rank > 0 ? 1 / rank : 0), 0) / trials.length;
  const asked = trials.filter(({ named }) => named !== undefined);
  const named = asked.filter((one) => one.named && one.rank === 1).length;
  const why = asked.length === 0 ? '' : `${((100 * named) / asked.length).toFixed(0)} %`;
  return [name, String(trials.length), share(top(1)), share(top(3)), reciprocal.toFixed(2), why];
}

/** The last: first, and for the right reason. */
const HEAD = ['trials', 'top 1', 'top 3', 'MRR', 'and why'] as const;

/** By one property of the trials, in the order of first appearance. */
export function tableBy(name: string, trials: readonly Trial[], keyOf: (trial: Trial) => string): string {
  const keys = [...new Set(trials.map(keyOf))];
  const rows = keys.map((key) =>
    summary(
      key,
      trials.filter((trial) => keyOf(trial) === key),
    ),
  );
  return figures([name, ...HEAD], [...rows, summary('all', trials)]);
}

/** Whether answers that claim to be sure are right as often as they claim. */
export function calibration(trials: readonly Trial[]): string {
  const edges = [0.01, 0.3, 0.5, 0.7, 0.85, 1.01];
  const rows = edges.slice(1).flatMap((high, i) => {
    const low = edges[i]!;
    const here = trials.filter(({ confidence }) => confidence >= low && confidence < high);
    if (here.length === 0) return [];
    const mean = here.reduce((sum, { confidence }) => sum + confidence, 0) / here.length;
    const right = here.filter(({ rank }) => rank === 1).length / here.length;
    const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
    return [
      [
        `${low.toFixed(2)} to ${Math.min(1, high).toFixed(2)}`,
        String(here.length),
        percent(mean),
        percent(right),
      ],
    ];
  });
  return figures(['confidence', 'answers', 'mean', 'right'], rows);
}

/** False incidents in calm clusters, by mode. */
export function quietTable(calm: ReadonlyMap<string, readonly Quiet[]>): string {
  const rows = [...calm].map(([mode, all]) => {
    const hours = all.reduce((sum, one) => sum + one.hours, 0);
    const wrong = all.reduce((sum, one) => sum + one.false, 0);
    return [mode, hours.toFixed(1), String(wrong), ((24 * wrong) / Math.max(1e-9, hours)).toFixed(2)];
  });
  return figures(['calm', 'hours', 'false incidents', 'a day'], rows);
}
