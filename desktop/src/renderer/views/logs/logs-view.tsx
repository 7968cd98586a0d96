import { Button, Checkbox, HTMLSelect } from '@blueprintjs/core';
import { Console } from '@blueprintjs/icons';
import { useState } from 'react';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { LogRecord } from '../../../contract/engine.ts';
import { navigate, setParams, useLink } from '../../state/link.ts';
import { FilterText } from '../../widgets/filter-text.tsx';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { preciseClockText } from '../../widgets/time-text.ts';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { ERROR_SEVERITIES, LOG_LIMIT, parseLogQuery, toLogFilter, type LogQuery } from './log-filter.ts';

function LogsView() {
  const { range } = useSession();
  const { params } = useLink();
  const query = parseLogQuery(params['filter']);
  const logs = useQuery(`logs ${JSON.stringify(query)}`, [range], (engine, signal) =>
    engine.logs(toLogFilter(query, range), signal),
  );
  const change = (next: { readonly [K in keyof LogQuery]: LogQuery[K] | undefined }): void =>
    setParams({ filter: JSON.stringify({ ...query, ...next }) });
  return (
    <div className="view-fill" data-testid="view-logs">
      <LogFilterBar query={query} onChange={change} />
      <div className="grow pane">
        <Loaded
          query={logs}
          what="logs"
          empty={(value) =>
            value.length > 0 ? undefined : <NoLogs filtered={Object.keys(query).length > 0} />
          }
        >
          {(value) => <LogList records={value} />}
        </Loaded>
      </div>
    </div>
  );
}

function NoLogs({ filtered }: { readonly filtered: boolean }) {
  if (filtered)
    return (
      <Empty
        title="No log line matches"
        action={<Button text="Clear the filter" onClick={() => setParams({ filter: undefined })} />}
      >
        Or choose a wider window.
      </Empty>
    );
  return (
    <Empty title="No log line in this window">
      Nobody wrote one, or the source holds no logs: the line below says whether its log store answers. Choose
      a wider window to see earlier ones.
    </Empty>
  );
}

interface LogFilterBarProps {
  readonly query: LogQuery;
  readonly onChange: (change: { readonly [K in keyof LogQuery]: LogQuery[K] | undefined }) => void;
}

function LogFilterBar({ query, onChange }: LogFilterBarProps) {
  const { range } = useSession();
  const { value } = useQuery('overview', [range], (engine, signal) => engine.overview(range, signal));
  const names = new Set((value?.applications ?? []).map((row) => row.name));
  if (query.serviceName) names.add(query.serviceName);
  return (
    <div className="filters">
      <HTMLSelect
        aria-label="Service"
        value={query.serviceName ?? ''}
        onChange={(event) => onChange({ serviceName: event.currentTarget.value || undefined })}
      >
        <option value="">All services</option>
        {[...names].sort().map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </HTMLSelect>
      <FilterText
        label="Text"
        placeholder="Contains; Enter searches"
        value={query.contains}
        onChange={(contains) => onChange({ contains })}
        onEnter
      />
      <Checkbox
        label="Errors only"
        style={{ margin: 0 }}
        checked={query.severities !== undefined}
        onChange={(event) =>
          onChange({ severities: event.currentTarget.checked ? ERROR_SEVERITIES : undefined })
        }
      />
    </div>
  );
}

const ROW_HEIGHT = 24;

function LogList({ records }: { readonly records: readonly LogRecord[] }) {
  const [selected, setSelected] = useState(-1);
  const chosen = records[selected];
  return (
    <>
      <div className="grow" style={{ minHeight: 0 }}>
        <VirtualList
          items={records}
          rowHeight={ROW_HEIGHT}
          label="Log lines"
          keyOf={(_record, index) => String(index)}
          selected={selected}
          onSelect={setSelected}
          header={<Head />}
          render={(record, _index, isSelected) => <LogRow record={record} selected={isSelected} />}
        />
      </div>
      {chosen ? <LogDetails record={chosen} /> : null}
      <div className="filters small muted" style={{ borderTop: '1px solid var(--g-line)' }}>
        {records.length >= LOG_LIMIT
          ? `The first ${records.length} lines; narrow the filter for others`
          : `${records.length} lines`}
      </div>
    </>
  );
}

const Head = () => (
  <div className="table-head log-head" aria-hidden>
    <span>Time</span>
    <span>Severity</span>
    <span>Service</span>
    <span>Message</span>
  </div>
);

const isError = (severity: string): boolean => /^(ERROR|FATAL|CRITICAL)/i.test(severity);
const isWarning = (severity: string): boolean => /^WARN/i.test(severity);

function LogRow({ record, selected }: { readonly record: LogRecord; readonly selected: boolean }) {
  const { severity } = record;
  const colour = isError(severity) ? 'critical' : isWarning(severity) ? 'warning' : 'unknown';
  return (
    <div className="log-row" data-selected={selected} data-testid="log-row">
      <span className="muted">{preciseClockText(record.timestamp)}</span>
      <span style={{ color: `var(--g-${colour})` }}>{severity || '–'}</span>
      <span className="ellipsis" title={record.serviceName}>
        {record.serviceName}
      </span>
      <span className="ellipsis" title={record.body}>
        {record.body}
      </span>
    </div>
  );
}

function LogDetails({ record }: { readonly record: LogRecord }) {
  return (
    <div className="span-details" data-testid="log-details">
      <pre style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} className="mono">
        {record.body}
      </pre>
      <dl className="facts mono">
        <dt>container</dt>
        <dd>{record.containerId || '–'}</dd>
        {record.traceId ? (
          <>
            <dt>trace</dt>
            <dd>
              <button
                type="button"
                className="link-button"
                onClick={() => navigate({ view: 'traces', subject: record.traceId, params: {} })}
              >
                {record.traceId}
              </button>
            </dd>
          </>
        ) : null}
        {Object.entries(record.attributes).map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

export const logsView = defineView({
  id: 'logs',
  title: 'Logs',
  icon: Console,
  key: '5',
  component: LogsView,
});
