import { Checkbox } from '@blueprintjs/core';
import { Shield } from '@blueprintjs/icons';
import { useState } from 'react';
import { defineView } from '../../app/define-view.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { RiskReport } from '../../../contract/engine.ts';
import { setParams, useLink } from '../../state/link.ts';
import { ApplicationLink, nameOfApplication, openApplication } from '../../widgets/application-name.tsx';
import { ClaimText, EvidenceLink } from '../../widgets/evidence-link.tsx';
import { FilterText } from '../../widgets/filter-text.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Empty, Loaded } from '../../widgets/states.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { dismissal, RISK_WORDS, riskLines, type RiskFilter } from './risk-filter.ts';

const COLUMNS = '92px minmax(90px, 1fr) minmax(140px, 1.2fr) minmax(0, 4fr)';
const ROW_HEIGHT = 30;

function RisksView() {
  const { range } = useSession();
  const { params } = useLink();
  const { text } = params;
  const filter: RiskFilter = { all: params['all'] === '1', ...(text ? { text } : {}) };
  const query = useQuery('risks', [range], (engine, signal) => engine.risks(range, signal));
  return (
    <div className="view-fill" data-testid="view-risks">
      <FilterBar filter={filter} />
      <div className="grow pane">
        <Loaded query={query} what="risks" empty={emptyText}>
          {(risks) => <Risks risks={risks} filter={filter} />}
        </Loaded>
      </div>
    </div>
  );
}

const emptyText = (risks: readonly RiskReport[]) =>
  risks.length > 0 ? undefined : (
    <Empty title="No risk was found">
      Looked for in this window: applications on one instance, node or zone or on spot nodes only, databases
      without a replica, and stores that the internet reaches. Where no application was seen, choose another
      window.
    </Empty>
  );

function FilterBar({ filter }: { readonly filter: RiskFilter }) {
  return (
    <div className="filters">
      <FilterText
        label="Text"
        placeholder="Application, risk or text"
        value={filter.text}
        onChange={(text) => setParams({ text })}
      />
      <Checkbox
        label="Accepted ones too"
        style={{ margin: 0 }}
        checked={filter.all}
        onChange={(event) => setParams({ all: event.currentTarget.checked ? '1' : undefined })}
      />
    </div>
  );
}

function Risks({ risks, filter }: { readonly risks: readonly RiskReport[]; readonly filter: RiskFilter }) {
  const [selected, setSelected] = useState(0);
  const lines = riskLines(risks, filter);
  const accepted = risks.filter(({ dismissed }) => dismissed !== undefined).length;
  const chosen = lines[selected];
  return (
    <>
      <div className="grow" style={{ minHeight: 0 }}>
        {lines.length === 0 ? (
          <Empty title="No risk matches">
            {risks.length} were found, {accepted} of them accepted. Change the text, or show accepted ones
            too.
          </Empty>
        ) : (
          <VirtualList
            items={lines}
            rowHeight={ROW_HEIGHT}
            label="Risks"
            keyOf={({ application, kind }) => `${application} ${kind}`}
            selected={selected}
            onSelect={setSelected}
            onOpen={(index) => openApplication(lines[index]!.application)}
            header={<Head />}
            render={(risk, _index, isSelected) => <Line risk={risk} selected={isSelected} />}
          />
        )}
      </div>
      {chosen ? <Details risk={chosen} /> : null}
      <div className="filters small muted" style={{ borderTop: '1px solid var(--g-line)' }}>
        {lines.length} of {risks.length} risks, {accepted} accepted
      </div>
    </>
  );
}

const Head = () => (
  <div className="table-head" style={{ gridTemplateColumns: COLUMNS }} aria-hidden>
    <span>Severity</span>
    <span>Application</span>
    <span>Risk</span>
    <span>Why</span>
  </div>
);

function Line({ risk, selected }: { readonly risk: RiskReport; readonly selected: boolean }) {
  const { application, kind, severity, message, dismissed } = risk;
  const name = nameOfApplication(application);
  return (
    <div
      className="table-row"
      style={{ gridTemplateColumns: COLUMNS, height: ROW_HEIGHT }}
      data-selected={selected}
      data-testid="risk-line"
      data-kind={kind}
      data-application={application}
    >
      {dismissed === undefined ? <HealthBadge health={severity} /> : <span className="tag">accepted</span>}
      <b className="ellipsis" title={name}>
        {name}
      </b>
      <span className="ellipsis" title={kind}>
        {RISK_WORDS[kind].title}
      </span>
      <span className="ellipsis" title={message}>
        {message}
      </span>
    </div>
  );
}

/** The whole sentence, what removes the risk, and how it is accepted. */
function Details({ risk }: { readonly risk: RiskReport }) {
  const { application, kind, severity, message, dismissed, evidence } = risk;
  return (
    <div className="span-details" data-testid="risk-details">
      <div className="row wrap">
        <HealthBadge health={severity} />
        <b>{RISK_WORDS[kind].title}</b> of <ApplicationLink id={application} />
        <span className="tag">{kind}</span>
      </div>
      <div>
        <ClaimText text={message} evidence={evidence[0]} application={application} />
      </div>
      <div>
        {evidence.map((one) => (
          <EvidenceLink key={one.query} evidence={one} testId="risk-evidence" />
        ))}
      </div>
      <div className="remedy">
        <b>What to do:</b> {RISK_WORDS[kind].remedy}
      </div>
      {dismissed === undefined ? (
        <details className="small">
          <summary className="muted">Accept it in gumshoe.yaml</summary>
          <pre className="mono">{dismissal(risk)}</pre>
        </details>
      ) : (
        <div className="small muted">Accepted in the configuration: {dismissed}</div>
      )}
    </div>
  );
}

export const risksView = defineView({
  id: 'risks',
  title: 'Risks',
  icon: Shield,
  key: '9',
  component: RisksView,
});
