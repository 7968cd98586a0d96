import { formatValue } from '@gumshoe/base/units';
import type { TraceSummary } from '../../../contract/engine.ts';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { preciseClockText } from '../../widgets/time-text.ts';
import { VirtualList } from '../../widgets/virtual-list.tsx';

export interface TraceListProps {
  readonly traces: readonly TraceSummary[];
  readonly selected: string | undefined;
  readonly truncated: boolean;
  readonly onSelect: (traceId: string) => void;
}

const ROW_HEIGHT = 46;

export function TraceList({ traces, selected, truncated, onSelect }: TraceListProps) {
  const longest = traces.reduce((most, trace) => Math.max(most, trace.duration), 0);
  return (
    <>
      <VirtualList
        items={traces}
        rowHeight={ROW_HEIGHT}
        label="Traces"
        keyOf={(trace) => trace.traceId}
        selected={traces.findIndex((trace) => trace.traceId === selected)}
        onSelect={(index) => onSelect(traces[index]!.traceId)}
        render={(trace, _index, isSelected) => (
          <TraceRow trace={trace} longest={longest} selected={isSelected} />
        )}
      />
      <div className="filters small muted" style={{ borderTop: '1px solid var(--g-line)' }}>
        {truncated
          ? `The first ${traces.length} are shown; narrow the filter for others`
          : `${traces.length} traces`}
      </div>
    </>
  );
}

interface TraceRowProps {
  readonly trace: TraceSummary;
  readonly longest: number;
  readonly selected: boolean;
}

function TraceRow({ trace, longest, selected }: TraceRowProps) {
  const { root, duration, errors, spans, services } = trace;
  const failed = errors > 0 ? `, ${errors} failed` : '';
  const note = `${preciseClockText(root.start)}, ${spans} ${spans === 1 ? 'span' : 'spans'}${failed}, ${services.join(' → ')}`;
  return (
    <div
      className="table-row"
      style={{ gridTemplateColumns: '22px minmax(0, 1fr) 84px', height: ROW_HEIGHT }}
      data-selected={selected}
      data-testid="trace-row"
      data-trace-id={trace.traceId}
    >
      <HealthBadge health={errors > 0 ? 'critical' : 'ok'} compact />
      <div style={{ minWidth: 0 }}>
        <div className="ellipsis" title={`${root.serviceName} ${root.name}`}>
          <b>{root.serviceName}</b> {root.name}
        </div>
        <div className="muted small ellipsis" title={note}>
          {note}
        </div>
      </div>
      <div className="number">
        {formatValue(duration, 'milliseconds')}
        <div
          className="duration-bar"
          style={{ width: `${longest > 0 ? (duration / longest) * 100 : 0}%`, marginLeft: 'auto' }}
        />
      </div>
    </div>
  );
}
