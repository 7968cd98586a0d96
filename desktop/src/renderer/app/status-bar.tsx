import { Error as Failed, Offline, TickCircle } from '@blueprintjs/icons';
import { formatValue } from '@gumshoe/base/units';
import type { SourcePart } from '../../contract/engine.ts';
import { useQuery, useSession } from '../client/session.tsx';
import { dateText } from '../widgets/time-text.ts';

/** How every hop and store of the open source is doing, and which window is on screen. */
export function StatusBar() {
  const { connection, range } = useSession();
  const { value, failure } = useQuery('status', [range.to], (engine, signal) => engine.status(signal));
  const status = value ?? connection.status;
  return (
    <footer className="statusbar" data-testid="status-bar">
      {status.parts.map((part, index) => (
        <Part key={`${index} ${part.name}`} part={part} />
      ))}
      {failure ? <span className="part">status unknown: {failure.reason}</span> : null}
      <span className="grow" />
      <span>
        {dateText(range.from)} – {dateText(range.to)}
      </span>
    </footer>
  );
}

function Part({ part }: { readonly part: SourcePart }) {
  const title = [part.target, part.version, part.failure?.reason, ...part.notes].filter(Boolean).join('\n');
  const latency = part.latencyMs === undefined ? '' : ` ${formatValue(part.latencyMs, 'milliseconds')}`;
  return (
    <span className="part" title={title} data-state={part.state}>
      {part.state === 'ok' ? <TickCircle size={12} color="var(--g-ok)" /> : null}
      {part.state === 'failed' ? <Failed size={12} color="var(--g-critical)" /> : null}
      {part.state === 'absent' ? <Offline size={12} /> : null}
      {part.name}
      {part.state === 'ok' ? latency : ` ${part.state}`}
    </span>
  );
}
