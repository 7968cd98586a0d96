import { Button, HTMLSelect, InputGroup } from '@blueprintjs/core';
import { Trash } from '@blueprintjs/icons';
import { connectionTarget } from '../../../contract/connection-spec.ts';
import type { SavedConnection } from '../../../contract/ipc.ts';
import type { Cluster } from './draft.ts';

export interface ClustersEditorProps {
  readonly clusters: readonly Cluster[];
  readonly saved: readonly SavedConnection[];
  readonly onChange: (clusters: readonly Cluster[]) => void;
}

/** Saved connections that are looked at as one, each under the name of a cluster. */
export function ClustersEditor({ clusters, saved, onChange }: ClustersEditorProps) {
  const choices = saved.flatMap(({ id, name, spec }) =>
    spec.kind === 'several' ? [] : [{ id, name, spec }],
  );
  const add = (id: string): void => {
    const chosen = choices.find((one) => one.id === id);
    if (chosen) onChange([...clusters, { name: chosen.name, spec: chosen.spec }]);
  };
  return (
    <div className="wide stack" style={{ gap: 6 }} data-testid="clusters">
      {clusters.map((cluster, index) => (
        <div key={index} className="row">
          <InputGroup
            value={cluster.name}
            aria-label={`Name of cluster ${index + 1}`}
            onValueChange={(name) =>
              onChange(clusters.map((one, at) => (at === index ? { ...one, name } : one)))
            }
          />
          <span className="tag">{cluster.spec.kind}</span>
          <code className="grow ellipsis muted">{connectionTarget(cluster.spec)}</code>
          <Button
            variant="minimal"
            icon={<Trash />}
            title={`Remove cluster ${index + 1}`}
            onClick={() => onChange(clusters.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      {choices.length === 0 ? (
        <span className="muted">Save the connection of each cluster first; then put them together here.</span>
      ) : (
        <HTMLSelect aria-label="Add a cluster" value="" onChange={(event) => add(event.currentTarget.value)}>
          <option value="">Add a saved connection as a cluster…</option>
          {choices.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </HTMLSelect>
      )}
    </div>
  );
}
