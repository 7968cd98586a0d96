import type { TimeRange } from '@gumshoe/base/time';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import type { MapDirection } from '../../layout/map-layout.ts';
import { clockText } from '../../widgets/time-text.ts';

const ORDER = ['ok', 'warning', 'critical', 'unknown'] as const;

export interface MapLegendProps {
  readonly range: TimeRange;
  readonly direction: MapDirection;
}

export function MapLegend({ range, direction }: MapLegendProps) {
  return (
    <div className="panel map-legend" aria-label="Legend">
      {ORDER.map((health) => (
        <HealthBadge key={health} health={health} />
      ))}
      <span className="muted">
        {direction === 'RIGHT' ? 'callers left, callees right' : 'callers above, callees below'}; dashed lines
        are broken; figures to {clockText(range.to)}: lines of the last 30 s, boxes of the last minute
      </span>
    </div>
  );
}
