import { Button } from '@blueprintjs/core';
import { GanttChart } from '@blueprintjs/icons';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { TraceSummary } from '../../../contract/engine.ts';
import { navigate, setParams, useLink } from '../../state/link.ts';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { FilterBar } from './filter-bar.tsx';
import {
  isNarrowed,
  parseTraceQuery,
  toSpanFilter,
  TRACE_LIMIT,
  type TraceQueryChange,
} from './trace-filter.ts';
import { TraceList } from './trace-list.tsx';
import { TracePane } from './trace-pane.tsx';

function NoTraces({ filtered }: { readonly filtered: boolean }) {
  if (filtered)
    return (
      <Empty
        title="No trace matches"
        action={<Button text="Clear the filter" onClick={() => setParams({ filter: undefined })} />}
      >
        Or choose a wider window.
      </Empty>
    );
  return (
    <Empty title="No trace in this window">
      Traces appear a few seconds after their requests. The line below says whether the store of spans
      answers; choose a wider window to see earlier ones.
    </Empty>
  );
}

function TracesView() {
  const { range } = useSession();
  const { params, subject } = useLink();
  const query = parseTraceQuery(params['filter']);
  const filter = toSpanFilter(query, range);
  const { range: _window, ...withoutWindow } = filter;
  const traces = useQuery(`traces ${JSON.stringify(withoutWindow)}`, [filter], (engine, signal) =>
    engine.traces(filter, signal),
  );
  const chosen = subject ?? query.traceId;
  const change = (next: TraceQueryChange): void => {
    const { traceId: _dropped, ...rest } = { ...query, ...next };
    setParams({ filter: JSON.stringify(rest) });
  };
  return (
    <div className="view-fill" data-testid="view-traces">
      <FilterBar query={query} onChange={change} services={servicesOf(traces.value)} />
      <div className="split split-columns">
        <div className="pane">
          <Loaded
            query={traces}
            what="traces"
            empty={(value) => (value.length > 0 ? undefined : <NoTraces filtered={isNarrowed(query)} />)}
          >
            {(value) => (
              <TraceList
                traces={value}
                selected={chosen}
                truncated={value.length >= TRACE_LIMIT}
                onSelect={(traceId) => navigate({ subject: traceId })}
              />
            )}
          </Loaded>
        </div>
        <div className="pane">
          {chosen === undefined ? (
            <Empty title="No trace chosen">Choose one in the list; arrow keys move through it.</Empty>
          ) : (
            <TracePane key={chosen} traceId={chosen} />
          )}
        </div>
      </div>
    </div>
  );
}

function servicesOf(traces: readonly TraceSummary[] | undefined): readonly string[] {
  return [...new Set((traces ?? []).flatMap((trace) => trace.services))].sort();
}

export const tracesView = defineView({
  id: 'traces',
  title: 'Traces',
  icon: GanttChart,
  key: '4',
  component: TracesView,
});
