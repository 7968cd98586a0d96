import { formatValue } from '@gumshoe/base/units';
import type { SloState } from '../../contract/engine.ts';

/** Error budget of the worst objective, as bar and number. */
export function BudgetBar({ slos }: { readonly slos: readonly SloState[] }) {
  const judged = slos.filter((slo) => slo.requests > 0 && Number.isFinite(slo.budgetLeft));
  const worst = judged.reduce<SloState | undefined>(
    (low, slo) => (!low || slo.budgetLeft < low.budgetLeft ? slo : low),
    undefined,
  );
  if (!worst) return <span className="muted">no requests</span>;
  const left = Math.max(0, Math.min(1, worst.budgetLeft));
  const colour = worst.budgetLeft <= 0 ? 'critical' : worst.budgetLeft < 0.5 ? 'warning' : 'ok';
  const text = worst.budgetLeft <= 0 ? 'spent' : `${formatValue(worst.budgetLeft, 'ratio')} left`;
  return (
    <span className="budget" title={`${worst.kind} objective ${formatValue(worst.objective, 'ratio')}`}>
      <span className="track">
        <span
          className="fill"
          style={{ display: 'block', width: `${left * 100}%`, background: `var(--g-${colour})` }}
        />
      </span>
      <span className="small" style={{ minWidth: 62 }}>
        {text}
      </span>
    </span>
  );
}
