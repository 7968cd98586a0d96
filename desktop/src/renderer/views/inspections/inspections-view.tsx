import { Checkbox, HTMLSelect } from '@blueprintjs/core';
import { Endorsed } from '@blueprintjs/icons';
import { formatValue } from '@gumshoe/base/units';
import { useState } from 'react';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { ApplicationFindings } from '../../../contract/engine.ts';
import { setParams, useLink } from '../../state/link.ts';
import { openApplication } from '../../widgets/application-name.tsx';
import { FilterText } from '../../widgets/filter-text.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { FindingDetails } from './finding-details.tsx';
import { areasOf, findingLines, type FindingFilter, type FindingLine } from './finding-filter.ts';

const COLUMNS = '92px minmax(90px, 1fr) minmax(120px, 1.3fr) 84px 84px minmax(0, 4fr)';
const ROW_HEIGHT = 30;

function InspectionsView() {
  const { range } = useSession();
  const { params } = useLink();
  const { area, text } = params;
  const filter: FindingFilter = {
    all: params['all'] === '1',
    ...(area ? { area } : {}),
    ...(text ? { text } : {}),
  };
  const query = useQuery('inspections', [range], (engine, signal) => engine.inspections(range, signal));
  return (
    <div className="view-fill" data-testid="view-inspections">
      <FilterBar filter={filter} areas={areasOf(query.value ?? [])} />
      <div className="grow pane">
        <Loaded query={query} what="inspections" empty={emptyText}>
          {(value) => <Findings applications={value} filter={filter} />}
        </Loaded>
      </div>
    </div>
  );
}

const emptyText = (applications: readonly ApplicationFindings[]) =>
  applications.some(({ findings }) => findings.length > 0) ? undefined : (
    <Empty title="No inspection had anything to look at">
      The window holds no metrics of containers. Choose another window, or check in the status bar that the
      collectors report.
    </Empty>
  );

function FilterBar({ filter, areas }: { readonly filter: FindingFilter; readonly areas: readonly string[] }) {
  return (
    <div className="filters">
      <HTMLSelect
        aria-label="Area"
        value={filter.area ?? ''}
        onChange={(event) => setParams({ area: event.currentTarget.value || undefined })}
      >
        <option value="">All areas</option>
        {areas.map((area) => (
          <option key={area} value={area}>
            {area}
          </option>
        ))}
      </HTMLSelect>
      <FilterText
        label="Text"
        placeholder="Application or text"
        value={filter.text}
        onChange={(text) => setParams({ text })}
      />
      <Checkbox
        label="Those in order too"
        style={{ margin: 0 }}
        checked={filter.all}
        onChange={(event) => setParams({ all: event.currentTarget.checked ? '1' : undefined })}
      />
    </div>
  );
}

interface FindingsProps {
  readonly applications: readonly ApplicationFindings[];
  readonly filter: FindingFilter;
}

function Findings({ applications, filter }: FindingsProps) {
  const [selected, setSelected] = useState(0);
  const lines = findingLines(applications, filter);
  const judged = applications.reduce((sum, { findings }) => sum + findings.length, 0);
  const chosen = lines[selected];
  return (
    <>
      <div className="grow" style={{ minHeight: 0 }}>
        {lines.length === 0 ? (
          <Empty title={filter.all ? 'No inspection matches' : 'Nothing fired'}>
            {judged} inspections of {applications.length} applications had data.
          </Empty>
        ) : (
          <VirtualList
            items={lines}
            rowHeight={ROW_HEIGHT}
            label="Inspections"
            keyOf={({ application, finding }) => `${application.id} ${finding.inspection}`}
            selected={selected}
            onSelect={setSelected}
            onOpen={(index) => openApplication(lines[index]!.application.id)}
            header={<Head />}
            render={(line, _index, isSelected) => <Line line={line} selected={isSelected} />}
          />
        )}
      </div>
      {chosen ? <FindingDetails line={chosen} /> : null}
      <div className="filters small muted" style={{ borderTop: '1px solid var(--g-line)' }}>
        {lines.length} of {judged} inspections with data, {applications.length} applications
      </div>
    </>
  );
}

const Head = () => (
  <div className="table-head" style={{ gridTemplateColumns: COLUMNS }} aria-hidden>
    <span>Health</span>
    <span>Application</span>
    <span>Inspection</span>
    <span className="number">Value</span>
    <span className="number">Threshold</span>
    <span>Why</span>
  </div>
);

function Line({ line, selected }: { readonly line: FindingLine; readonly selected: boolean }) {
  const { application, finding } = line;
  return (
    <div
      className="table-row"
      style={{ gridTemplateColumns: COLUMNS, height: ROW_HEIGHT }}
      data-selected={selected}
      data-testid="finding-line"
      data-inspection={finding.inspection}
      data-application={application.id}
    >
      <HealthBadge health={finding.health} />
      <b className="ellipsis" title={application.name}>
        {application.name}
      </b>
      <span className="ellipsis" title={finding.title}>
        {finding.title}
      </span>
      <span className="number">{formatValue(finding.value, finding.unit)}</span>
      <span className="number muted">
        {Number.isNaN(finding.threshold) ? '–' : formatValue(finding.threshold, finding.unit)}
      </span>
      <span className="ellipsis" title={finding.message}>
        {finding.message}
      </span>
    </div>
  );
}

export const inspectionsView = defineView({
  id: 'inspections',
  title: 'Inspect',
  icon: Endorsed,
  key: '7',
  component: InspectionsView,
});
