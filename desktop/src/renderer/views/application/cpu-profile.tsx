import type { ApplicationId } from '@gumshoe/model/entities';
import { topFrames } from '../../canvas/flame-layout.ts';
import { FlameGraphView, flameValue } from '../../canvas/flame-graph-view.tsx';
import { useQuery, useSession } from '../../client/session.tsx';
import type { FlameGraph } from '../../../contract/engine.ts';
import { Panel } from '../../widgets/panel.tsx';
import { Loaded } from '../../widgets/states.tsx';
import { spanText } from '../../widgets/time-text.ts';

export function CpuProfile({ id, hasProfile }: { readonly id: ApplicationId; readonly hasProfile: boolean }) {
  const { range } = useSession();
  return (
    <Panel
      title="CPU profile"
      note={`samples on CPU over ${spanText(range.from, range.to)}`}
      flush
      testId="cpu-profile"
    >
      {hasProfile ? (
        <ProfileBody id={id} />
      ) : (
        <div className="chart-box muted">No CPU sample of this application in the window</div>
      )}
    </Panel>
  );
}

function ProfileBody({ id }: { readonly id: ApplicationId }) {
  const { range } = useSession();
  const profile = useQuery(`profile ${id}`, [range], (engine, signal) => engine.profile(id, range, signal));
  return (
    <Loaded query={profile} what="profile">
      {(graph) => (
        <>
          <FlameGraphView graph={graph} />
          <TopFunctions graph={graph} />
        </>
      )}
    </Loaded>
  );
}

const COLUMNS = 'minmax(0, 1fr) 96px 96px';
const SHOWN = 10;

function TopFunctions({ graph }: { readonly graph: FlameGraph }) {
  return (
    <div>
      <div
        className="table-head"
        style={{ gridTemplateColumns: COLUMNS, borderTop: '1px solid var(--g-line)' }}
      >
        <span>Functions by own time</span>
        <span className="number">Self</span>
        <span className="number">Total</span>
      </div>
      {topFrames(graph, SHOWN).map((frame) => (
        <div
          key={frame.name}
          className="table-row"
          style={{ gridTemplateColumns: COLUMNS, height: 26, cursor: 'default' }}
        >
          <code className="ellipsis" title={frame.name}>
            {frame.name}
          </code>
          <span className="number">{flameValue(graph, frame.self)}</span>
          <span className="number">{flameValue(graph, frame.total)}</span>
        </div>
      ))}
    </div>
  );
}
