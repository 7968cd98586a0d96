import { Checkbox, HTMLSelect } from '@blueprintjs/core';
import { useQuery, useSession } from '../../client/session.tsx';
import { FilterText } from '../../widgets/filter-text.tsx';
import { DEFAULT_ORDER, type TraceQuery, type TraceQueryChange } from './trace-filter.ts';

export interface FilterBarProps {
  readonly query: TraceQuery;
  readonly onChange: (change: TraceQueryChange) => void;
  readonly services: readonly string[];
}

const DURATIONS = [0, 10, 50, 100, 500, 1000, 5000] as const;

export function FilterBar({ query, onChange, services }: FilterBarProps) {
  const names = useServiceNames(services, query.serviceName);
  return (
    <div className="filters">
      <HTMLSelect
        aria-label="Service"
        value={query.serviceName ?? ''}
        onChange={(event) => onChange({ serviceName: event.currentTarget.value || undefined })}
      >
        <option value="">All services</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </HTMLSelect>
      <FilterText
        label="Span name"
        placeholder="Span name; Enter searches"
        value={query.spanName}
        onChange={(spanName) => onChange({ spanName })}
        onEnter
      />
      <HTMLSelect
        aria-label="Shortest duration"
        value={query.minDuration ?? 0}
        onChange={(event) => onChange({ minDuration: Number(event.currentTarget.value) })}
      >
        {DURATIONS.map((ms) => (
          <option key={ms} value={ms}>
            {ms === 0 ? 'Any duration' : ms < 1000 ? `${ms} ms or longer` : `${ms / 1000} s or longer`}
          </option>
        ))}
      </HTMLSelect>
      <HTMLSelect
        aria-label="Order"
        value={query.order ?? DEFAULT_ORDER}
        onChange={(event) =>
          onChange({ order: event.currentTarget.value === 'slowest' ? 'slowest' : 'newest' })
        }
      >
        <option value="newest">Newest first</option>
        <option value="slowest">Slowest first</option>
      </HTMLSelect>
      <Checkbox
        label="Errors only"
        style={{ margin: 0 }}
        checked={query.errorsOnly ?? false}
        onChange={(event) => onChange({ errorsOnly: event.currentTarget.checked })}
      />
    </div>
  );
}

/** Names from the overview where it is known, else from the traces at hand. */
function useServiceNames(fromTraces: readonly string[], current: string | undefined): readonly string[] {
  const { range } = useSession();
  const { value } = useQuery('overview', [range], (engine, signal) => engine.overview(range, signal));
  const names = new Set([...(value?.applications ?? []).map((row) => row.name), ...fromTraces]);
  if (current) names.add(current);
  return [...names].sort();
}
