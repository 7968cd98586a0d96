import { sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Column, DnsColumns, DnsQuestion } from '@gumshoe/model/world';
import { DNS_METRICS } from '@gumshoe/schema/metrics/container';
import { matchLabel, promqlEvidence } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { levelsOf } from './level.ts';
import { failingColumn, LEAST_FAILURES } from './streak.ts';

export interface DnsRule {
  readonly threshold: number;
  /** Which answers are bad ones. */
  readonly bad: (status: string) => boolean;
  /** Questions that count. */
  readonly applies: (question: DnsQuestion) => boolean;
  /** "server errors" */
  readonly what: string;
  /** PromQL matcher for the bad answers. */
  readonly matcher: string;
}

/** The verdict on questions to DNS that keep getting bad answers, by name and type. */
export function dnsVerdict(subject: Subject, dns: DnsColumns, rule: DnsRule): Verdict | undefined {
  const { grid, window, range, select, rateWindow } = subject;
  const seconds = grid.step / 1000;
  const column = (question: DnsQuestion, bad: boolean): Column =>
    sumColumns(
      [...question.byStatus].filter(([status]) => rule.bad(status) === bad).map(([, rates]) => rates),
      grid.points,
    );
  const measured = dns.questions.filter(rule.applies).map((of) => {
    const failed = column(of, true);
    const count = Math.round(sumOf(failed, window) * seconds);
    const name = `${of.domain} (${of.type.replace(/^Type/, '')})`;
    return { of, failed, count, name, values: failingColumn(failed, column(of, false), grid) };
  });
  const levels = levelsOf(subject, measured, 0);
  if (levels.length === 0) return undefined;
  const failing = levels.filter(({ state }) => state.firing);
  const counted = [...(failing.length > 0 ? failing : levels)].sort(
    (a, b) => b.count - a.count || (a.name < b.name ? -1 : 1),
  );
  const worst = counted[0]!;
  const total = failing.reduce((sum, one) => sum + one.count, 0);
  const others = failing.length > 1 ? ` and ${failing.length - 1} other names` : '';
  const message =
    failing.length === 0
      ? `Questions to DNS do not keep ending in ${rule.what}.`
      : `${total} questions for ${worst.name}${others} ended in ${rule.what} in the window, and they go on.`;
  const domain = [matchLabel('domain', [worst.of.domain]), matchLabel('request_type', [worst.of.type])];
  const rate = (...more: readonly string[]) =>
    `sum(rate(${select(DNS_METRICS.count.name, ...domain, ...more)}${rateWindow}))`;
  return {
    health: total > rule.threshold ? 'warning' : 'ok',
    message,
    value: total,
    threshold: rule.threshold,
    unit: 'count',
    instances: [],
    evidence: [promqlEvidence(`${rate(rule.matcher)} or ${rate()} * 0`, range, message)],
    explanation: [
      `${worst.name}: ${worst.count} ${rule.what} in the window; names that keep failing: ${failing.length}`,
      `a warning needs ${LEAST_FAILURES} bad answers for a name without a cell of good ones alone in between, in most of the last points`,
    ],
    columns: counted
      .filter(({ count }) => count > 0)
      .slice(0, 20)
      .map(({ name, failed }) => ({ name, values: failed })),
  };
}
