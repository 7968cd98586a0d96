import type { InstanceRow } from '../../../contract/engine.ts';
import { ValueCell } from '../../widgets/figure.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';
import { Panel } from '../../widgets/panel.tsx';
import { clockText } from '../../widgets/time-text.ts';

const COLUMNS = '64px minmax(0, 1fr) minmax(0, 1.3fr) 56px 92px 76px 66px';

export function Instances({ instances }: { readonly instances: readonly InstanceRow[] }) {
  return (
    <Panel
      title="Instances"
      note={`${instances.length} seen; usage of the last minute`}
      flush
      testId="instances"
    >
      <div className="table-head" style={{ gridTemplateColumns: COLUMNS }}>
        <span>State</span>
        <span>Instance</span>
        <span>Address</span>
        <span className="number">Restarts</span>
        <span className="number">CPU</span>
        <span className="number">Memory</span>
        <span className="number">Last seen</span>
      </div>
      {instances.map((instance) => (
        <div
          key={`${instance.id} ${instance.node}`}
          className="table-row"
          style={{ gridTemplateColumns: COLUMNS, height: 32, cursor: 'default' }}
          data-testid={`instance-${instance.id}`}
          data-up={instance.up}
        >
          <span className="row">
            <HealthBadge health={instance.up ? 'ok' : 'critical'} compact /> {instance.up ? 'up' : 'down'}
          </span>
          <span className="ellipsis" title={`on ${instance.node}`}>
            {instance.id}
          </span>
          <span className="ellipsis muted" title={instance.addresses.join('\n')}>
            {instance.addresses.join(', ') || '–'}
          </span>
          <span className="number">{instance.restarts}</span>
          <ValueCell value={instance.cpuUsage} unit="cores" />
          <ValueCell value={instance.memory} unit="bytes" />
          <span className="number muted">{clockText(instance.lastSeen)}</span>
        </div>
      ))}
      {instances.length === 0 ? (
        <div className="chart-box muted">No instance was seen in the window</div>
      ) : null}
    </Panel>
  );
}
