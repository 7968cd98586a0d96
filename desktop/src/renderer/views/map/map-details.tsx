import type { ServiceMap, ServiceMapEdge } from '../../../contract/engine.ts';
import { nameOfApplication } from '../../widgets/application-name.tsx';
import { Value } from '../../widgets/figure.tsx';
import { HealthBadge } from '../../widgets/health-badge.tsx';

export interface MapDetailsProps {
  readonly map: ServiceMap;
  readonly id: string;
  readonly side: 'left' | 'right';
}

/** What is known of one application on the map: reasons, numbers, who calls it and whom it calls. */
export function MapDetails({ map, id, side }: MapDetailsProps) {
  const node = map.nodes.find((entry) => entry.id === id);
  if (!node) return null;
  return (
    <aside className="panel map-details" data-side={side} data-testid="map-details">
      <div className="row">
        <h2 className="grow ellipsis">{node.name}</h2>
        <HealthBadge health={node.health} />
      </div>
      {node.reasons.map((reason, index) => (
        <div key={`${index} ${reason}`} className="small">
          {reason}
        </div>
      ))}
      <dl className="facts small">
        <dt className="muted">Last minute</dt>
        <dd />
        <dt>Requests</dt>
        <dd>
          <Value value={node.requestRate} unit="requests/second" />
        </dd>
        <dt>Errors</dt>
        <dd>
          <Value value={node.errorRatio} unit="ratio" />
        </dd>
        <dt>p99</dt>
        <dd>
          <Value value={node.p99} unit="seconds" />
        </dd>
        <dt>Instances</dt>
        <dd>
          {node.instances.up}/{node.instances.known} up
        </dd>
      </dl>
      <Edges
        title="Called by, last 30 s"
        edges={map.edges.filter((edge) => edge.server === id)}
        end="client"
      />
      <Edges title="Calls, last 30 s" edges={map.edges.filter((edge) => edge.client === id)} end="server" />
    </aside>
  );
}

interface EdgesProps {
  readonly title: string;
  readonly edges: readonly ServiceMapEdge[];
  readonly end: 'client' | 'server';
}

function Edges({ title, edges, end }: EdgesProps) {
  if (edges.length === 0) return null;
  return (
    <div className="small">
      <div className="muted">{title}</div>
      {edges.map((edge, index) => (
        <div key={`${index} ${edge[end]}`} className="row">
          <HealthBadge health={edge.health} compact />
          <span className="grow ellipsis">
            {nameOfApplication(edge[end])} <span className="muted">{edge.protocols.join(', ')}</span>
          </span>
          <Value value={edge.requestRate} unit="requests/second" />
          <span className="muted">
            p99 <Value value={edge.p99} unit="seconds" />
          </span>
        </div>
      ))}
    </div>
  );
}
