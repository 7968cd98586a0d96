import type { Report } from '../../../contract/engine.ts';
import { ApplicationLink } from '../../widgets/application-name.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';

const ROW_HEIGHT = 30;
const IN_SIGHT = 10;
const COLUMNS = '150px minmax(140px, 300px) minmax(0, 1fr)';

/** What was looked at and ruled out, and what could not be looked at. */
export function ClearedPanel({ report }: { readonly report: Report }) {
  const { cleared, notExamined } = report;
  return (
    <div className="columns-2">
      <Panel
        title="Cleared"
        note={`${cleared.length} signals were examined and ruled out`}
        flush
        testId="cleared"
      >
        <VirtualList
          items={cleared}
          rowHeight={ROW_HEIGHT}
          label="Cleared signals"
          keyOf={(entry, index) => `${entry.application} ${entry.signal} ${index}`}
          maxHeight={ROW_HEIGHT * IN_SIGHT}
          render={(entry) => (
            <div
              className="table-row"
              style={{ gridTemplateColumns: COLUMNS, height: ROW_HEIGHT, cursor: 'default' }}
            >
              <span className="ellipsis" title={entry.application}>
                <ApplicationLink id={entry.application} />
              </span>
              <code className="ellipsis" title={entry.signal}>
                {entry.signal}
              </code>
              <span className="ellipsis muted" title={entry.reason}>
                {entry.reason}
              </span>
            </div>
          )}
        />
      </Panel>
      <div id="not-examined">
        <Panel
          title="Not examined"
          note={`${notExamined.length}; a cause may hide here`}
          testId="not-examined"
        >
          <ul className="plain-list">
            {notExamined.map((entry, index) => (
              <li key={`${index} ${entry.subject}`}>
                <b>{entry.subject}</b> <span className="muted">{entry.reason}</span>
              </li>
            ))}
          </ul>
          {notExamined.length === 0 ? (
            <span className="muted">
              {cleared.length > 0 ? 'Everything that can be examined was.' : 'There was nothing to examine.'}
            </span>
          ) : null}
        </Panel>
      </div>
    </div>
  );
}
