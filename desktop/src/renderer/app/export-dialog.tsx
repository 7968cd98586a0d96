import { Button, Checkbox, Dialog, DialogBody, DialogFooter, FormGroup, HTMLSelect } from '@blueprintjs/core';
import { toFailure } from '@gumshoe/base/failure';
import type { TimeRange } from '@gumshoe/base/time';
import { formatValue } from '@gumshoe/base/units';
import type { ApplicationId } from '@gumshoe/model/entities';
import { useEffect, useState } from 'react';
import type { ExportChoices } from '../../contract/ipc.ts';
import { useQuery, useSession } from '../client/session.tsx';
import { useStore } from '../state/store.ts';
import { dateText } from '../widgets/time-text.ts';
import { exportAsked, exportSnapshot } from './snapshots.ts';
import { useWorkbench } from './workbench.tsx';

type Redaction = Exclude<keyof ExportChoices, 'application'>;

const REDACTIONS: readonly { readonly name: Redaction; readonly label: string; readonly cost: string }[] = [
  {
    name: 'dropLogBodies',
    label: 'Leave out texts of log records',
    cost: 'When, how grave and whose they were stays; causes that only a log line names are lost.',
  },
  {
    name: 'obfuscate',
    label: 'Replace literals, ids, addresses and secrets in texts and queries',
    cost: 'Addresses of connections stay: dependencies are joined on them.',
  },
  {
    name: 'hashNames',
    label: 'Replace names of applications, hosts and namespaces by hashes',
    cost: 'The same name has the same hash all over the file; the key is thrown away.',
  },
];

/** What to export and what must not leave, before the system asks where to. */
export function ExportDialog() {
  const open = useStore(exportAsked);
  return (
    <Dialog
      isOpen={open}
      onClose={() => exportAsked.set(false)}
      title="Export a snapshot"
      style={{ width: 560 }}
    >
      {open ? <ExportForm /> : null}
    </Dialog>
  );
}

function ExportForm() {
  const workbench = useWorkbench();
  // The window at the moment of asking, though live data moves on.
  const [range] = useState(useSession().range);
  const [choices, setChoices] = useState<ExportChoices>({});
  const start = (): void => {
    exportAsked.set(false);
    void exportSnapshot(workbench, range, choices);
  };
  return (
    <div data-testid="export-dialog">
      <DialogBody>
        <p className="muted">
          {dateText(range.from)} – {dateText(range.to)}, in one file that opens anywhere, with no network.
        </p>
        <ScopeChoice {...{ range, choices }} onChange={setChoices} />
        <FormGroup label="Before it leaves this machine" style={{ marginBottom: 8 }}>
          {REDACTIONS.map(({ name, label, cost }) => (
            <Checkbox
              key={name}
              checked={choices[name] ?? false}
              data-testid={`export-${name}`}
              onChange={(event) => setChoices({ ...choices, [name]: event.currentTarget.checked })}
            >
              {label}
              <div className="muted small">{cost}</div>
            </Checkbox>
          ))}
        </FormGroup>
      </DialogBody>
      <DialogFooter
        actions={
          <>
            <Button text="Cancel" onClick={() => exportAsked.set(false)} />
            <Button intent="primary" text="Choose file…" data-testid="export-start" onClick={start} />
          </>
        }
      >
        <Size {...{ range, choices }} />
      </DialogFooter>
    </div>
  );
}

interface ChoicesProps {
  readonly range: TimeRange;
  readonly choices: ExportChoices;
  readonly onChange: (choices: ExportChoices) => void;
}

function ScopeChoice({ range, choices, onChange }: ChoicesProps) {
  const { value } = useQuery('overview', [range], (engine, signal) => engine.overview(range, signal));
  const choose = (id: string): void => {
    const { application: _before, ...rest } = choices;
    onChange(id === '' ? rest : { ...rest, application: id as ApplicationId });
  };
  return (
    <FormGroup label="What">
      <HTMLSelect
        fill
        aria-label="What to export"
        value={choices.application ?? ''}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">everything in the window</option>
        {(value?.applications ?? []).map(({ id, name }) => (
          <option key={id} value={id}>
            {name} and what is within two dependencies of it
          </option>
        ))}
      </HTMLSelect>
    </FormGroup>
  );
}

/** About how large the file will be, asked anew when the scope changes. */
function Size({ range, choices: { application } }: Omit<ChoicesProps, 'onChange'>) {
  const { api } = useWorkbench();
  const { connection } = useSession();
  const [text, setText] = useState('');
  useEffect(() => {
    const controller = new AbortController();
    setText('estimating the size…');
    const choices = application === undefined ? {} : { application };
    api
      .call('snapshot.estimate', [{ connection: connection.id, range, choices }], {
        signal: controller.signal,
      })
      .then((bytes) => `about ${formatValue(bytes, 'bytes')}`)
      .catch((thrown: unknown) => `size unknown: ${toFailure(thrown, 'estimate', connection.name).reason}`)
      .then((next) => controller.signal.aborted || setText(next));
    return () => controller.abort();
  }, [api, connection, range, application]);
  return (
    <span className="muted" data-testid="export-size">
      {text}
    </span>
  );
}
