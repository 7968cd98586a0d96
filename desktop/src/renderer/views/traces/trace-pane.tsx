import { formatValue } from '@gumshoe/base/units';
import { useState } from 'react';
import { useQuery } from '../../client/session.tsx';
import type { TraceTree } from '../../../contract/engine.ts';
import { Loaded } from '../../widgets/states.tsx';
import { preciseClockText } from '../../widgets/time-text.ts';
import { SpanDetails } from './span-details.tsx';
import { Waterfall } from './waterfall.tsx';

export function TracePane({ traceId }: { readonly traceId: string }) {
  const trace = useQuery(`trace ${traceId}`, [], (engine, signal) => engine.trace(traceId, signal));
  return (
    <Loaded query={trace} what="trace">
      {(tree) => <TraceBody tree={tree} />}
    </Loaded>
  );
}

function TraceBody({ tree }: { readonly tree: TraceTree }) {
  const [selected, setSelected] = useState(0);
  const chosen = tree.spans[selected];
  return (
    <>
      <TraceSummaryLine tree={tree} />
      <div className="grow" style={{ minHeight: 0 }}>
        <Waterfall tree={tree} selected={selected} onSelect={setSelected} />
      </div>
      {chosen ? <SpanDetails entry={chosen} /> : null}
    </>
  );
}

function TraceSummaryLine({ tree }: { readonly tree: TraceTree }) {
  const first = tree.spans[0]?.span;
  if (!first) return null;
  const services = new Set(tree.spans.map((entry) => entry.span.serviceName)).size;
  const inferred = tree.spans.filter((entry) => entry.inferred).length;
  const failed = tree.spans.filter((entry) => entry.span.status === 'Error').length;
  return (
    <div className="filters">
      <b>
        {first.serviceName} {first.name}
      </b>
      <span>{formatValue(traceDuration(tree), 'milliseconds')}</span>
      <span className="muted">
        {preciseClockText(first.start)}, {counted(tree.spans.length, 'span')} in{' '}
        {counted(services, 'service')}
        {failed > 0 ? `, ${failed} failed` : ''}
        {inferred > 0 ? `, ${inferred} joined by inference` : ''}
        {tree.orphans > 0 ? `, ${tree.orphans} without their parent` : ''}
      </span>
      <code className="muted">{tree.traceId}</code>
    </div>
  );
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** From the first start to the last end, ms. */
export const traceDuration = (tree: TraceTree): number =>
  tree.spans.reduce((end, entry) => Math.max(end, entry.offset + entry.span.duration), 0);
