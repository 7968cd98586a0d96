import { formatValue } from '@gumshoe/base/units';
import { useState } from 'react';
import type { Costs } from '../../../contract/engine.ts';
import { nameOfApplication, openApplication } from '../../widgets/application-name.tsx';
import { Value, ValueCell } from '../../widgets/figure.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { VirtualList } from '../../widgets/virtual-list.tsx';
import { moneyText } from './money.ts';

type ApplicationCosts = Costs['applications'][number];

const ROW_HEIGHT = 32;
const IN_SIGHT = 14;

export interface ApplicationCostsTableProps {
  readonly applications: readonly ApplicationCosts[];
  readonly currency: string;
}

export function ApplicationCostsTable({ applications, currency }: ApplicationCostsTableProps) {
  const [selected, setSelected] = useState(-1);
  const asked = anyAsks(applications);
  return (
    <Panel
      title="Applications"
      note={`${applications.length}, dearest first; CPU, memory and traffic are means of the window`}
      flush
    >
      {applications.length === 0 ? (
        <div className="chart-box muted">No application used anything that was measured</div>
      ) : (
        <VirtualList
          items={applications}
          rowHeight={ROW_HEIGHT}
          label="Costs of applications"
          keyOf={({ application }) => application}
          selected={selected}
          onSelect={setSelected}
          onOpen={(index) => openApplication(applications[index]!.application)}
          maxHeight={ROW_HEIGHT * IN_SIGHT + 30}
          header={<Head asked={asked} />}
          render={(one, _index, isSelected) => (
            <Row costs={one} currency={currency} selected={isSelected} asked={asked} />
          )}
        />
      )}
    </Panel>
  );
}

/** Whether what pods ask for is known of any: only Kubernetes tells, and elsewhere the columns would be empty. */
export const anyAsks = (applications: readonly ApplicationCosts[]): boolean =>
  applications.some(({ monthly }) => !Number.isNaN(monthly.allocated));

const Head = ({ asked }: { readonly asked: boolean }) => (
  <div className="table-head costs-row" data-asked={asked} aria-hidden>
    <span>Application</span>
    <span className="number">A month</span>
    <span className="number">CPU</span>
    <span className="number" data-column="share">
      of nodes
    </span>
    <span className="number">Memory</span>
    <span className="number" data-column="share">
      of nodes
    </span>
    {asked ? (
      <>
        <span className="number" title="What its pods request, and nobody else can have">
          Requested, a month
        </span>
        <span className="number" title="The part of the requests that was never used in the window">
          never used
        </span>
      </>
    ) : null}
    <span className="number" data-column="limits" title="Limits less the peak of the window">
      Below limits, a month
    </span>
    <span className="number">Traffic out</span>
    <span className="number">Million requests</span>
  </div>
);

interface RowProps {
  readonly costs: ApplicationCosts;
  readonly currency: string;
  readonly selected: boolean;
  /** See `anyAsks`. */
  readonly asked: boolean;
}

function Row({ costs, currency, selected, asked }: RowProps) {
  const { application, cpuCores, cpuShare, memory, memoryShare, unusedCpu, unusedMemory, monthly } = costs;
  return (
    <div
      className="table-row costs-row"
      style={{ height: ROW_HEIGHT }}
      data-selected={selected}
      data-asked={asked}
      data-testid={`cost-${nameOfApplication(application)}`}
      onClick={() => openApplication(application)}
    >
      <b className="ellipsis" title={application}>
        {nameOfApplication(application)}
      </b>
      <span className="number">{moneyText(monthly.total, currency)}</span>
      <ValueCell value={cpuCores} unit="cores" />
      <Share of={cpuShare} />
      <ValueCell value={memory} unit="bytes" />
      <Share of={memoryShare} />
      {asked ? <Asked costs={costs} currency={currency} /> : null}
      <span className="number" data-column="limits" title={unusedTitle(unusedCpu, unusedMemory)}>
        {moneyText(monthly.unused, currency)}
      </span>
      <Traffic costs={costs} />
      <span className="number">{moneyText(monthly.perMillionRequests, currency)}</span>
    </div>
  );
}

const Share = ({ of }: { readonly of: number }) => (
  <span className="number muted" data-column="share">
    <Value value={of} unit="ratio" />
  </span>
);

/** What its pods request, and the part of it that they never used. */
function Asked({ costs, currency }: Pick<RowProps, 'costs' | 'currency'>) {
  const { cpuRequest, memoryRequest, monthly } = costs;
  const parts = [
    ...(Number.isNaN(cpuRequest) ? [] : [formatValue(cpuRequest, 'cores')]),
    ...(Number.isNaN(memoryRequest) ? [] : [formatValue(memoryRequest, 'bytes')]),
  ];
  const title = parts.length > 0 ? `requests ${parts.join(' and ')}` : 'not all of its pods request anything';
  return (
    <>
      <span className="number" title={title} data-testid="allocated">
        {moneyText(monthly.allocated, currency)}
      </span>
      <span className="number" title="requests less the peak of the window" data-testid="over-provisioned">
        {moneyText(monthly.overProvisioned, currency)}
      </span>
    </>
  );
}

const unusedTitle = (cpu: number, memory: number): string =>
  Number.isNaN(cpu) && Number.isNaN(memory)
    ? 'not all instances have limits'
    : 'limits less the peak of the window; not part of the month’s costs';

/** Bytes to other zones and to the internet; within a zone they cost nothing. */
function Traffic({ costs: { traffic } }: { readonly costs: ApplicationCosts }) {
  const { crossZone, crossZoneExact, internet } = traffic;
  const zones = crossZone === undefined ? 'zones are not known' : 'to other zones';
  return (
    <span
      className="number"
      title={`${zones}${crossZoneExact ? '' : ', split by the number of connections'}; then to the internet`}
    >
      <Value value={(crossZone ?? 0) + internet} unit="bytes/second" />
    </span>
  );
}
