import { difference } from './rows.ts';
import type { Rows } from './rows.ts';

/** A difference between Prometheus 2.42 (Debian's) and Prometheus 3, which ours follows. */
interface Declared {
  readonly reason: string;
  readonly applies: (expression: string, ours: Rows, theirs: Rows) => boolean;
}

const refused = (result: Rows, words: RegExp): boolean => 'error' in result && words.test(result.error);

/**
 * What the generator avoids instead, so that both answer alike: samples on the edges of windows (left-open since 3.0) and of
 * the lookback (the server runs with a millisecond less), holt_winters (renamed), the name after atan2 (kept by 2.42),
 * functions, operators and syntax that came after 2.42.
 */
const DECLARED: readonly Declared[] = [
  {
    reason:
      "rate and increase extrapolate to a counter's zero at most half an interval beyond a gap; 2.42 tests the gap after the zero",
    applies: (expression) =>
      /\b(rate|increase)\((?!requests_|latency_|\{__name__=~"requests_)/.test(expression),
  },
  {
    reason:
      'stddev and stdvar of a group that begins with NaN or an infinity are NaN; in 2.42 alone in its group it has 0',
    applies: (expression) => /\b(stddev|stdvar) ?(by|without|\()/.test(expression),
  },
  {
    reason: 'predict_linear looks at one window with @; 2.42 moves it with the step',
    applies: (expression) => /predict_linear\(.*@/.test(expression),
  },
  {
    reason: 'a comparison refuses ambiguous matches even where it keeps none; 2.42 looks at what is kept',
    applies: (expression, ours) => /[=!<>]/.test(expression) && refused(ours, /multiple matches for labels/),
  },
  {
    reason: 'start() and end() are functions too since 3',
    applies: (expression, _, theirs) =>
      /(?<!@ *)\b(start|end)\(\)/.test(expression) && refused(theirs, /parse error: unexpected/),
  },
  {
    reason:
      'deriv and predict_linear sum values relative to the first; Prometheus loses digits where they are large and vary little',
    applies: (expression, ours, theirs) =>
      /\b(deriv|predict_linear)\(/.test(expression) && difference(ours, theirs, 1e-6) === undefined,
  },
  {
    reason: 'names of labels may be quoted since 3',
    applies: (_, _ours, theirs) =>
      refused(theirs, /unexpected string .* in label matching, expected identifier/),
  },
  {
    reason: 'a duration is a number since 3 and may have signs',
    applies: (_, _ours, theirs) =>
      refused(
        theirs,
        /unexpected (duration|number)|expected duration|bad (number|duration)|missing unit character/,
      ),
  },
  {
    reason:
      'the official grammar for editors, which is ours, takes no keyword for the name of a metric without quotes',
    applies: (expression, ours) =>
      /\b(offset|bool|on|ignoring|group_left|group_right)\b/.test(expression) &&
      refused(ours, /parse error: unexpected/),
  },
];

/** The reason for which an answer may differ, or undefined. */
export function explain(expression: string, ours: Rows, theirs: Rows): string | undefined {
  return DECLARED.find(({ applies }) => applies(expression, ours, theirs))?.reason;
}
