import { Error as Failed, Offline, TickCircle } from '@blueprintjs/icons';
import { formatValue } from '@gumshoe/base/units';
import type { SourceStatus } from '../../../contract/engine.ts';
import { FailureText } from '../../widgets/states.tsx';

/** Every hop on the way with its latency or its refusal. */
export function SourceParts({ status }: { readonly status: SourceStatus }) {
  return (
    <div className="stack" style={{ gap: 8 }} data-testid="source-parts">
      {status.parts.map((part, index) => (
        <div
          key={`${index} ${part.name}`}
          className="row"
          style={{ alignItems: 'start' }}
          data-state={part.state}
        >
          {part.state === 'ok' ? <TickCircle color="var(--g-ok)" /> : null}
          {part.state === 'failed' ? <Failed color="var(--g-critical)" /> : null}
          {part.state === 'absent' ? <Offline color="var(--g-muted)" /> : null}
          <div className="grow">
            <div>
              <b>{part.name}</b> <code className="muted">{part.target}</code>{' '}
              {part.latencyMs === undefined ? null : formatValue(part.latencyMs, 'milliseconds')}{' '}
              <span className="muted">{part.version}</span>
            </div>
            {part.failure ? <FailureText failure={part.failure} /> : null}
            {part.notes.map((note, at) => (
              <div key={`${at} ${note}`} className="muted small">
                {note}
              </div>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
