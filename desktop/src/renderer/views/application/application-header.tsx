import { Button } from '@blueprintjs/core';
import type { ApplicationPage, SloState } from '../../../contract/engine.ts';
import { navigate } from '../../state/link.ts';
import { Figure, Value } from '../../widgets/figure.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { clockText } from '../../widgets/time-text.ts';
import { objectiveText } from './objective-text.ts';

/** Who it is, how it is, and its objectives. */
export function ApplicationHeader({ page }: { readonly page: ApplicationPage }) {
  const { row } = page;
  return (
    <div className="panel" style={{ padding: '12px 14px' }}>
      <div className="row wrap">
        <h1 data-testid="application-name">{row.name}</h1>
        <span data-testid="application-health">
          <HealthBadge health={row.health} />
        </span>
        <span className="muted">
          {row.type ?? row.kind}, {row.kind}
        </span>
        <span className="grow" />
        <Button
          size="small"
          text="Investigate"
          intent="primary"
          onClick={() => navigate({ view: 'rca', subject: row.id })}
        />
        <Button
          size="small"
          variant="outlined"
          text="Traces"
          onClick={() =>
            navigate({ view: 'traces', params: { filter: JSON.stringify({ serviceName: row.name }) } })
          }
        />
        <Button
          size="small"
          variant="outlined"
          text="Logs"
          onClick={() =>
            navigate({ view: 'logs', params: { filter: JSON.stringify({ serviceName: row.name }) } })
          }
        />
        <Button
          size="small"
          variant="outlined"
          text="Map"
          onClick={() => navigate({ view: 'map', subject: row.id })}
        />
      </div>
      <div className="figures" style={{ marginTop: 10 }}>
        <Figure label="Requests" window="last minute">
          <Value value={row.requestRate} unit="requests/second" />
        </Figure>
        <Figure label="Errors" window="last minute">
          <Value value={row.errorRatio} unit="ratio" />
        </Figure>
        <Figure label="p99 latency" window="last minute">
          <Value value={row.p99} unit="seconds" />
        </Figure>
        <Figure label="Instances" window="at the end">
          {row.instances.up}/{row.instances.known} up
        </Figure>
        {row.slos.map((slo) => (
          <SloFigure key={slo.kind} slo={slo} />
        ))}
      </div>
    </div>
  );
}

function SloFigure({ slo }: { readonly slo: SloState }) {
  const firing = slo.burnRates.filter((rate) => rate.firing);
  return (
    <div className="figure" data-testid={`slo-${slo.kind}`} data-health={slo.health}>
      <span className="value row">
        <Value value={slo.compliance} unit="ratio" /> <HealthBadge health={slo.health} compact />
      </span>
      <span className="label">
        {slo.kind}, {objectiveText(slo)}, over the window
        {slo.since === undefined
          ? ''
          : `; ${slo.health === 'critical' ? 'broken since' : 'was broken from'} ${clockText(slo.since)}`}
        {firing.length > 0 ? `; burning ${firing[0]!.longRate.toFixed(1)} × too fast` : ''}
      </span>
    </div>
  );
}
