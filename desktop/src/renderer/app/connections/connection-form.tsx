import { Button, Callout, Checkbox, FormGroup, HTMLSelect, InputGroup } from '@blueprintjs/core';
import { FolderOpen } from '@blueprintjs/icons';
import type { FilePurpose } from '../../../contract/bridge.ts';
import { useWorkbench } from '../workbench.tsx';
import { fieldsOf, type ConnectionDraft, type ConnectionKind, type FieldDefinition } from './draft.ts';

const KINDS: Readonly<Record<ConnectionKind, string>> = {
  direct: 'Direct, by URL',
  grpc: 'gRPC gateway',
  ssh: 'Through SSH',
  snapshot: 'Snapshot file',
  several: 'Several clusters',
};

export interface ConnectionFormProps {
  readonly draft: ConnectionDraft;
  readonly onChange: (draft: ConnectionDraft) => void;
  readonly problems: readonly string[];
}

export function ConnectionForm({ draft, onChange, problems }: ConnectionFormProps) {
  const set = (name: string, value: string): void =>
    onChange({ ...draft, fields: { ...draft.fields, [name]: value } });
  return (
    <form
      className="connection-form"
      onSubmit={(event) => event.preventDefault()}
      data-testid="connection-form"
    >
      <FormGroup label="Name">
        <InputGroup
          value={draft.name}
          aria-label="Name"
          placeholder="Production, Frankfurt"
          onValueChange={(name) => onChange({ ...draft, name })}
        />
      </FormGroup>
      <FormGroup label="Kind">
        <HTMLSelect
          fill
          aria-label="Kind"
          value={draft.kind}
          onChange={(event) => {
            const kind = event.currentTarget.value as ConnectionKind;
            onChange({
              ...draft,
              kind,
              fields: kind === 'ssh' ? { auth: 'agent', ...draft.fields } : draft.fields,
            });
          }}
        >
          {Object.entries(KINDS)
            .filter(([kind]) => kind !== 'several' || draft.kind === kind)
            .map(([kind, label]) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
        </HTMLSelect>
      </FormGroup>
      {fieldsOf(draft).map((field) => (
        <Field key={field.name} field={field} value={draft.fields[field.name] ?? ''} onChange={set} />
      ))}
      {problems.length > 0 ? (
        <Callout intent="danger" compact role="alert" style={{ gridColumn: '1 / -1' }}>
          {problems.map((problem) => (
            <div key={problem}>{problem}</div>
          ))}
        </Callout>
      ) : null}
    </form>
  );
}

interface FieldProps {
  readonly field: FieldDefinition;
  readonly value: string;
  readonly onChange: (name: string, value: string) => void;
}

const PURPOSES: Readonly<Record<string, FilePurpose>> = {
  'ssh-key': 'ssh-key',
  certificate: 'certificate',
  snapshot: 'open-snapshot',
};

function Field({ field, value, onChange }: FieldProps) {
  const { name, label, kind, placeholder, optional } = field;
  const set = (next: string): void => onChange(name, next);
  if (kind === 'check')
    return (
      <Checkbox
        label={label}
        checked={value === 'yes'}
        onChange={(event) => set(event.currentTarget.checked ? 'yes' : '')}
      />
    );
  return (
    <FormGroup label={label} {...(optional ? { labelInfo: '(optional)' } : {})}>
      {kind === 'auth' ? (
        <HTMLSelect
          fill
          aria-label={label}
          value={value}
          onChange={(event) => set(event.currentTarget.value)}
        >
          <option value="agent">SSH agent</option>
          <option value="key">Private key file</option>
          <option value="password">Password</option>
        </HTMLSelect>
      ) : kind === 'secret' ? (
        <SecretInput label={label} value={value} onChange={set} />
      ) : (
        <FileInput
          label={label}
          value={value}
          purpose={PURPOSES[kind ?? '']}
          {...{ placeholder, onChange: set }}
        />
      )}
    </FormGroup>
  );
}

interface InputProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** What is typed goes to the key store when the field is left; only its reference stays in the form. */
function SecretInput({ label, value, onChange }: InputProps) {
  const { bridge } = useWorkbench();
  return (
    <InputGroup
      key={value}
      type="password"
      aria-label={label}
      autoComplete="off"
      placeholder={value === '' ? '' : 'kept in the key store'}
      onBlur={(event) => {
        const typed = event.currentTarget.value;
        if (typed !== '') void bridge.storeSecret(typed).then(onChange);
      }}
    />
  );
}

interface FileInputProps extends InputProps {
  readonly placeholder: string | undefined;
  readonly purpose: FilePurpose | undefined;
}

function FileInput({ label, value, placeholder, purpose, onChange }: FileInputProps) {
  const { bridge } = useWorkbench();
  const choose = async (): Promise<void> => {
    const path = purpose && (await bridge.chooseFile(purpose));
    if (path) onChange(path);
  };
  return (
    <InputGroup
      value={value}
      aria-label={label}
      spellCheck={false}
      onValueChange={onChange}
      {...(placeholder === undefined ? {} : { placeholder })}
      {...(purpose
        ? {
            rightElement: (
              <Button variant="minimal" icon={<FolderOpen />} title="Choose" onClick={() => void choose()} />
            ),
          }
        : {})}
    />
  );
}
