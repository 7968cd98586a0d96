import type { Milliseconds } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import { useState } from 'react';
import { TimeSeriesChart } from '../../charts/time-series-chart.tsx';
import type { Finding } from '../../../contract/engine.ts';
import { FindingFacts } from '../../widgets/finding-facts.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { HEALTH_ORDER } from '../../widgets/health-order.ts';
import { Panel } from '../../widgets/panel.tsx';

/** What users feel comes before what may explain it. */
const areaOrder = ({ area }: Finding): string => (area === 'SLO' ? '' : area);

export const sortFindings = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort(
    (a, b) =>
      HEALTH_ORDER[a.health] - HEALTH_ORDER[b.health] || areaOrder(a).localeCompare(areaOrder(b), 'en'),
  );

/** What every inspection says; what is not OK is open from the start. */
export interface FindingsPanelProps {
  readonly findings: readonly Finding[];
  readonly window: string;
  /** Where the charts begin. */
  readonly from: Milliseconds | undefined;
}

export function FindingsPanel(props: FindingsPanelProps) {
  const findings = sortFindings(props.findings);
  const bad = findings.filter((finding) => finding.health === 'warning' || finding.health === 'critical');
  return (
    <Panel
      title="Inspections"
      note={`${findings.length} ran over ${props.window}, ${bad.length} not OK`}
      testId="findings"
      flush
    >
      {findings.map((finding, index) => (
        <FindingRow
          key={`${finding.inspection} ${sameBefore(findings, index)}`}
          finding={finding}
          from={props.from}
        />
      ))}
      {findings.length === 0 ? (
        <div className="chart-box muted">No inspection had anything to look at</div>
      ) : null}
    </Panel>
  );
}

/** How many findings of the same inspection come before: together with its id a steady key. */
const sameBefore = (findings: readonly Finding[], index: number): number =>
  findings.slice(0, index).filter((other) => other.inspection === findings[index]!.inspection).length;

interface FindingProps {
  readonly finding: Finding;
  readonly from: Milliseconds | undefined;
}

function FindingRow({ finding, from }: FindingProps) {
  const bad = finding.health === 'warning' || finding.health === 'critical';
  const [open, setOpen] = useState(bad);
  return (
    <details
      className="finding"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      data-testid={`finding-${finding.inspection}`}
      data-health={finding.health}
    >
      <summary>
        <HealthBadge health={finding.health} />
        <span>
          <b>{finding.title}</b> <span className="muted small">{finding.area}</span>
        </span>
        <span>{finding.message}</span>
        <span className="muted small">
          {formatValue(finding.value, finding.unit)}
          {Number.isNaN(finding.threshold)
            ? ''
            : `, threshold ${formatValue(finding.threshold, finding.unit)}`}
        </span>
      </summary>
      {open ? <FindingBody finding={finding} from={from} /> : null}
    </details>
  );
}

function FindingBody({ finding, from }: FindingProps) {
  return (
    <div className="body">
      {finding.chart ? <TimeSeriesChart chart={finding.chart} height={130} from={from} /> : null}
      <FindingFacts finding={finding} />
    </div>
  );
}
