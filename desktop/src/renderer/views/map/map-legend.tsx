import type { TimeRange } from '@gumshoe/base/time';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { clockText } from '../../widgets/time-text.ts';

const ORDER = ['ok', 'warning', 'critical', 'unknown'] as const;

export function MapLegend({ range }: { readonly range: TimeRange }) {
  return (
    <div className="panel map-legend" aria-label="Legend">
      {ORDER.map((health) => (
        <HealthBadge key={health} health={health} />
      ))}
      <span className="muted">
        callers left, callees right; dashed lines are broken; figures to {clockText(range.to)}: lines of the
        last 30 s, boxes of the last minute
      </span>
    </div>
  );
}
