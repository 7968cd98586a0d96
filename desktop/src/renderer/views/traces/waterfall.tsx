import { formatValue } from '@gumshoe/base/units';
import { useMemo } from 'react';
import type { TraceTree, TraceTreeSpan } from '../../../contract/engine.ts';
import { usePalette, type Palette } from '../../theme/theme.ts';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';

const ROW_HEIGHT = 24;
const INDENT = 14;
/** Deeper trees stop moving right, so that names stay in sight. */
const MAX_INDENT = 16;
/** A label goes left of a bar that ends beyond this share of the lane. */
const LABEL_TURNS = 0.78;

export interface WaterfallProps {
  readonly tree: TraceTree;
  readonly selected: number;
  readonly onSelect: (index: number) => void;
}

/** Spans over time. Hatched bars were joined by inference; a line below marks the critical path. */
export function Waterfall({ tree, selected, onSelect }: WaterfallProps) {
  const palette = usePalette();
  const whole = tree.spans.reduce((end, entry) => Math.max(end, entry.offset + entry.span.duration), 0);
  const colours = useMemo(() => serviceColours(tree, palette), [tree, palette]);
  return (
    <div style={{ height: '100%' }} data-testid="waterfall" data-spans={tree.spans.length}>
      <VirtualList
        items={tree.spans}
        rowHeight={ROW_HEIGHT}
        label="Spans"
        keyOf={(entry, index) => `${entry.span.spanId} ${index}`}
        selected={selected}
        onSelect={onSelect}
        header={<Scale whole={whole} />}
        render={(entry, _index, isSelected) => (
          <SpanRow entry={entry} whole={whole} selected={isSelected} colours={colours} palette={palette} />
        )}
      />
    </div>
  );
}

/** One colour per service, in order of appearance. */
export function serviceColours(tree: TraceTree, palette: Palette): ReadonlyMap<string, string> {
  const colours = new Map<string, string>();
  for (const { span } of tree.spans)
    if (!colours.has(span.serviceName))
      colours.set(span.serviceName, palette.series[colours.size % palette.series.length]!);
  return colours;
}

const TICKS = [0, 0.25, 0.5, 0.75] as const;

function Scale({ whole }: { readonly whole: number }) {
  return (
    <div
      className="table-head"
      style={{
        display: 'grid',
        gridTemplateColumns: 'minmax(220px, 38%) minmax(0, 1fr)',
        gap: 0,
        padding: 0,
      }}
    >
      <span style={{ paddingLeft: 12 }}>Service and operation</span>
      <span style={{ position: 'relative', height: '100%' }}>
        {TICKS.map((tick) => (
          <span key={tick} style={{ position: 'absolute', left: `${tick * 100}%`, top: 8, paddingLeft: 4 }}>
            {formatValue(tick * whole, 'milliseconds')}
          </span>
        ))}
      </span>
    </div>
  );
}

interface SpanRowProps {
  readonly entry: TraceTreeSpan;
  readonly whole: number;
  readonly selected: boolean;
  readonly colours: ReadonlyMap<string, string>;
  readonly palette: Palette;
}

function SpanRow({ entry, whole, selected, colours, palette }: SpanRowProps) {
  const { span, depth, inferred } = entry;
  const failed = span.status === 'Error';
  return (
    <div
      className="wf-row"
      data-selected={selected}
      data-testid="span-row"
      data-inferred={inferred}
      data-service={span.serviceName}
    >
      <div
        className="wf-name"
        title={`${span.serviceName} ${span.name}, ${span.kind.toLowerCase()}`}
        style={{ paddingLeft: 12 + Math.min(depth, MAX_INDENT) * INDENT }}
      >
        <span
          style={{
            width: 3,
            height: 14,
            borderRadius: 2,
            flex: 'none',
            background: colours.get(span.serviceName),
          }}
        />
        {failed ? <HealthBadge health="critical" compact /> : null}
        <b>{span.serviceName}</b>
        <span className="ellipsis">{span.name}</span>
        <span className="muted small">{span.kind.toLowerCase()}</span>
        {inferred ? (
          <span
            className="tag inferred"
            title="Joined to its parent by thread or order, not by an identifier"
          >
            inferred
          </span>
        ) : null}
      </div>
      <Bar
        entry={entry}
        whole={whole}
        colour={failed ? palette.health.critical : colours.get(span.serviceName)!}
      />
    </div>
  );
}

function Bar({
  entry,
  whole,
  colour,
}: {
  readonly entry: TraceTreeSpan;
  readonly whole: number;
  readonly colour: string;
}) {
  const { span, offset, inferred, criticalPath } = entry;
  const left = whole > 0 ? offset / whole : 0;
  const width = whole > 0 ? span.duration / whole : 1;
  const end = left + width;
  const text = formatValue(span.duration, 'milliseconds');
  return (
    <div className="wf-lane">
      <div
        className="wf-bar"
        data-inferred={inferred}
        data-critical={criticalPath}
        title={`${text}, own time ${formatValue(entry.selfTime, 'milliseconds')}${criticalPath ? ', on the critical path' : ''}`}
        style={{ left: `${left * 100}%`, width: `${width * 100}%`, backgroundColor: colour }}
      />
      <span
        className="wf-label"
        style={
          end > LABEL_TURNS && left < 0.2
            ? { left: `${left * 100}%`, paddingLeft: 6, color: 'var(--g-background)', fontWeight: 600 }
            : end > LABEL_TURNS
              ? { right: `${(1 - left) * 100}%`, paddingRight: 6 }
              : { left: `${end * 100}%`, paddingLeft: 6 }
        }
      >
        {text}
      </span>
    </div>
  );
}
