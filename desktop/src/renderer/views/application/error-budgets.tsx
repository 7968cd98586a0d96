import { formatValue } from '@gumshoe/base/units';
import { useMemo } from 'react';
import { budgetLines, budgetOption, type BudgetLines } from '../../charts/budget-option.ts';
import { Plot } from '../../charts/plot.tsx';
import type { ErrorBudgetState, SloState } from '../../../contract/engine.ts';
import { usePreferences } from '../../state/preferences.ts';
import { usePalette } from '../../theme/theme.ts';
import { EvidenceLink } from '../../widgets/evidence-link.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { dateText, lengthText } from '../../widgets/time-text.ts';
import { objectiveText } from './objective-text.ts';

const HEIGHT = 130;

/** What is left of each objective's budget, how it went there, and when it is gone. */
export function ErrorBudgets({ slos }: { readonly slos: readonly SloState[] }) {
  const budgets = slos.flatMap((slo) => (slo.errorBudget ? [{ slo, budget: slo.errorBudget }] : []));
  if (budgets.length === 0) return null;
  return (
    <Panel
      title="Error budgets"
      note={`of a rolling period of ${periodsOf(budgets)}`}
      testId="error-budgets"
      flush
    >
      <div className="columns-2">
        {budgets.map((one) => (
          <OneBudget key={one.slo.kind} {...one} />
        ))}
      </div>
    </Panel>
  );
}

interface OneBudgetProps {
  readonly slo: SloState;
  readonly budget: ErrorBudgetState;
}

const periodsOf = (all: readonly OneBudgetProps[]): string =>
  [...new Set(all.map(({ budget }) => lengthText(budget.period)))].join(', ');

function OneBudget({ slo, budget }: OneBudgetProps) {
  const lines = useMemo(() => budgetLines(budget), [budget]);
  return (
    <div className="chart-box stack" style={{ gap: 6 }} data-testid={`budget-${slo.kind}`}>
      <div className="row wrap" style={{ justifyContent: 'space-between' }}>
        <b>
          {slo.kind}, {objectiveText(slo)}
        </b>
        <Verdict budget={budget} />
      </div>
      {lines ? (
        <Course lines={lines} budget={budget} />
      ) : (
        <div className="centre muted" style={{ minHeight: HEIGHT, height: HEIGHT }}>
          {Number.isNaN(budget.left) ? 'no requests, so nothing is spent' : 'seen at one instant only'}
        </div>
      )}
      <div className="small" data-testid="budget-summary">
        {capitalised(budget.summary)}
      </div>
      <SpentText budget={budget} />
      <BurnRates slo={slo} />
      <div>
        {slo.evidence.map((evidence, index) => (
          <EvidenceLink key={`${index} ${evidence.query}`} evidence={evidence} />
        ))}
      </div>
    </div>
  );
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** In words and as an icon: gone, going, or lasting. */
function Verdict({ budget: { left, exhaustedAt } }: { readonly budget: ErrorBudgetState }) {
  if (Number.isNaN(left)) return <span className="muted">no requests</span>;
  const health = left <= 0 ? 'critical' : exhaustedAt === undefined ? 'ok' : 'warning';
  return (
    <span className="row" style={{ gap: 6 }}>
      <HealthBadge health={health} compact />
      {left <= 0 ? 'used up' : `${formatValue(left, 'ratio')} left`}
      {left > 0 && exhaustedAt !== undefined ? `, gone at ${dateText(exhaustedAt)}` : ''}
    </span>
  );
}

function Course({ lines, budget }: { readonly lines: BudgetLines; readonly budget: ErrorBudgetState }) {
  const palette = usePalette();
  const { timeZone } = usePreferences();
  const { exhaustedAt, summary } = budget;
  // The dates on the axis follow the preferred time zone.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const option = useMemo(
    () => budgetOption(lines, exhaustedAt, palette),
    [lines, exhaustedAt, palette, timeZone],
  );
  return <Plot option={option} height={HEIGHT} label={`Course of the ${summary}`} />;
}

function SpentText({ budget: { allowed, spent, period } }: { readonly budget: ErrorBudgetState }) {
  if (Number.isNaN(allowed)) return null;
  return (
    <div className="small muted">
      {formatValue(Math.round(spent), 'count')} of {formatValue(allowed, 'count')} bad requests that{' '}
      {lengthText(period)} allow
    </div>
  );
}

/** How fast it burns, as the alerting rules look at it: 1x uses up the budget exactly at the period's end. */
function BurnRates({ slo: { burnRates } }: { readonly slo: SloState }) {
  if (burnRates.length === 0) return null;
  return (
    <div className="row wrap small">
      <span className="muted">burn rate</span>
      {burnRates.map(({ longWindow, shortWindow, longRate, shortRate, threshold, firing }) => (
        <span
          key={`${longWindow} ${shortWindow} ${threshold}`}
          className="tag"
          title={`${rateText(longRate)} over ${lengthText(longWindow)} and ${rateText(shortRate)} over ${lengthText(shortWindow)}; it fires when both are above ${rateText(threshold)}`}
        >
          {firing ? <HealthBadge health="critical" compact /> : null}
          {lengthText(longWindow)}: {rateText(longRate)}, fires above {rateText(threshold)}
        </span>
      ))}
    </div>
  );
}

const rateText = (rate: number): string => (Number.isNaN(rate) ? 'too few requests' : `${rate.toFixed(1)}×`);
