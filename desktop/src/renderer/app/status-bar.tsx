import { Error as Failed, Offline, TickCircle } from '@blueprintjs/icons';
import { formatValue } from '@gumshoe/base/units';
import type { SourcePart } from '../../contract/engine.ts';
import { useQuery, useSession } from '../client/session.tsx';
import { changePreferences, usePreferences } from '../state/preferences.ts';
import { dateText, zoneText } from '../widgets/time-text.ts';
import { useWorkbench } from './workbench.tsx';

/** How every hop and store of the open source is doing, and which window is on screen. */
export function StatusBar() {
  const { connection, range } = useSession();
  const { api } = useWorkbench();
  const { timeZone } = usePreferences();
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
      <button
        type="button"
        className="link-button"
        title={`Times are in ${timeZone === 'utc' ? 'UTC; show local time' : 'local time; show UTC'}`}
        data-testid="time-zone"
        onClick={() => void changePreferences(api, { timeZone: timeZone === 'utc' ? 'local' : 'utc' })}
      >
        {zoneText(range.to)}
      </button>
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
