import { Button } from '@blueprintjs/core';
import { formatValue } from '@gumshoe/base/units';
import { milliseconds } from '@gumshoe/base/time';
import type { TraceTreeSpan } from '../../../contract/engine.ts';
import { navigate } from '../../state/link.ts';
import { preciseClockText } from '../../widgets/time-text.ts';

/** Everything known of one span. */
export function SpanDetails({ entry }: { readonly entry: TraceTreeSpan }) {
  const { span } = entry;
  const attributes = Object.entries(span.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div className="span-details" data-testid="span-details">
      <div className="row">
        <b className="ellipsis">
          {span.serviceName} {span.name}
        </b>
        <span className="muted grow">
          {span.kind}, {formatValue(span.duration, 'milliseconds')}, own time{' '}
          {formatValue(entry.selfTime, 'milliseconds')}, at {preciseClockText(span.start)}
        </span>
        <Button size="small" variant="outlined" text="Logs around" onClick={() => openLogs(entry)} />
      </div>
      {span.status === 'Error' ? (
        <div style={{ color: 'var(--g-critical)' }}>
          Failed{span.statusMessage ? `: ${span.statusMessage}` : ''}
        </div>
      ) : null}
      {entry.inferred ? (
        <div className="muted small">
          Its place under the parent is inferred from thread or order on the connection, as no process passes
          an identifier on.
        </div>
      ) : null}
      <dl className="facts mono">
        <dt>span</dt>
        <dd>{span.spanId}</dd>
        <dt>container</dt>
        <dd>{span.containerId || '–'}</dd>
        {attributes.map(([name, value]) => (
          <Attribute key={name} name={name} value={value} />
        ))}
      </dl>
    </div>
  );
}

function Attribute({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

const MARGIN_MS = 5_000;

function openLogs({ span }: TraceTreeSpan): void {
  const from = milliseconds(Math.floor(span.start) - MARGIN_MS);
  const to = milliseconds(Math.ceil(span.start + span.duration) + MARGIN_MS);
  const filter = JSON.stringify({ serviceName: span.serviceName });
  navigate({ view: 'logs', range: { kind: 'fixed', from, to }, params: { filter } });
}
