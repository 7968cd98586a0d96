import { formatValue } from '@gumshoe/base/units';
import { gridTime, milliseconds } from '@gumshoe/base/time';
import type { Verdict } from '../finding.ts';
import type { BurnRate } from '../slo/burn-rate.ts';
import { MIN_REQUESTS } from '../slo/burn-rate.ts';
import { describeBudget, errorBudget } from '../slo/error-budget.ts';
import type { SloResult } from '../slo/evaluate.ts';
import type { Subject } from './define.ts';

/** The verdict on one objective, shared by both kinds. */
export function sloVerdict(
  subject: Subject,
  slo: SloResult | undefined,
  promise: string,
): Verdict | undefined {
  if (!slo || (slo.requests === 0 && slo.problem === undefined)) return undefined;
  const { grid } = subject;
  return {
    health: slo.health,
    message: messageFor(slo, promise),
    value: slo.compliance * 100,
    threshold: slo.objective * 100,
    unit: 'percent',
    instances: [],
    evidence: slo.evidence,
    explanation: explain(slo),
    columns: [{ name: 'bad requests', values: slo.badShare.map((share) => share * 100) }],
    marks: slo.breaches.flatMap((breach) => [
      { at: milliseconds(gridTime(grid, breach.cells.lo)), label: 'onset' },
      ...(breach.recovered === undefined ? [] : [{ at: breach.recovered, label: 'recovered' }]),
    ]),
  };
}

function messageFor(slo: SloResult, promise: string): string {
  if (slo.problem !== undefined) return `The objective cannot be judged: ${slo.problem}.`;
  const share = formatValue(slo.compliance, 'ratio');
  const of = `${share} of ${formatValue(Math.round(slo.requests), 'count')} requests ${promise}`;
  const objective = `objective ${formatValue(slo.objective, 'ratio')}`;
  const open = slo.breaches.find((breach) => breach.recovered === undefined);
  if (open) return `${of} (${objective}); the breach that began at ${clock(open.onset)} goes on.`;
  const last = slo.breaches.at(-1);
  if (last)
    return `${of} (${objective}); a breach lasted from ${clock(last.onset)} to ${clock(last.recovered ?? last.onset)}.`;
  if (slo.undecided !== undefined && slo.undecided > 0)
    return `${of} (${objective}); ${formatValue(slo.undecided, 'ratio')} more may not have: the histogram ends below the threshold.`;
  return `${of} (${objective}).`;
}

/** `12:30:05` UTC. */
export const clock = (at: number): string => new Date(at).toISOString().slice(11, 19);

function explain(slo: SloResult): readonly string[] {
  const allowed = 1 - slo.objective;
  return [
    `bad requests ${slo.failed.toFixed(1)} / all requests ${slo.requests.toFixed(1)} = ${formatValue(1 - slo.compliance, 'ratio')}; allowed ${formatValue(allowed, 'ratio')}`,
    slo.requests > 0
      ? `error budget left in the window: ${formatValue(slo.budgetLeft, 'ratio')}`
      : 'no requests in the window: no error budget is spent or left',
    describeBudget(errorBudget(slo.budget, slo.objective, slo)),
    ...slo.burnRates.map(explainBurnRate),
    `a rule needs at least ${MIN_REQUESTS} requests in its long window, and a minute of history`,
  ];
}

function explainBurnRate(rate: BurnRate): string {
  const number = (value: number) => (value === value ? `${value.toFixed(1)}x` : 'nothing');
  const short = formatValue(rate.shortWindow, 'milliseconds');
  const long = formatValue(rate.longWindow, 'milliseconds');
  const history = rate.truncated ? ' (all the history there is)' : '';
  const state = rate.firing
    ? 'fires'
    : rate.unjudged
      ? `is not judged: too little ${rate.unjudged}`
      : 'does not fire';
  return `burn rate ${number(rate.longRate)} over ${long}${history} and ${number(rate.shortRate)} over ${short}, threshold ${rate.threshold}x: ${state}`;
}
