import { Button, Callout, Checkbox, FormGroup, HTMLSelect, InputGroup } from '@blueprintjs/core';
import { FolderOpen } from '@blueprintjs/icons';
import { useState } from 'react';
import type { FilePurpose } from '../../../contract/bridge.ts';
import type { SavedConnection } from '../../../contract/ipc.ts';
import { useWorkbench } from '../workbench.tsx';
import { ClustersEditor } from './clusters-editor.tsx';
import {
  fieldsOf,
  hasHeaders,
  type ConnectionDraft,
  type ConnectionKind,
  type FieldDefinition,
} from './draft.ts';
import { HeadersEditor } from './headers-editor.tsx';
import { SecretInput, type InputProps } from './secret-input.tsx';

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
  /** What clusters can be made of. */
  readonly saved: readonly SavedConnection[];
}

export function ConnectionForm({ draft, onChange, problems, saved }: ConnectionFormProps) {
  const fields = fieldsOf(draft);
  const sections = new Set(fields.flatMap(({ section }) => section ?? []));
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
          {Object.entries(KINDS).map(([kind, label]) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </HTMLSelect>
      </FormGroup>
      <Fields {...{ draft, set }} fields={fields.filter(({ section }) => section === undefined)} />
      {[...sections].map((section) => (
        <FoldedFields
          key={section}
          {...{ draft, set, section }}
          fields={fields.filter((field) => field.section === section)}
        />
      ))}
      {hasHeaders(draft) ? (
        <HeadersEditor headers={draft.headers} onChange={(headers) => onChange({ ...draft, headers })} />
      ) : null}
      {draft.kind === 'several' ? (
        <ClustersEditor
          clusters={draft.clusters}
          saved={saved}
          onChange={(clusters) => onChange({ ...draft, clusters })}
        />
      ) : null}
      {problems.length > 0 ? (
        <Callout intent="danger" compact role="alert" className="wide">
          {problems.map((problem) => (
            <div key={problem}>{problem}</div>
          ))}
        </Callout>
      ) : null}
    </form>
  );
}

interface FieldsProps {
  readonly draft: ConnectionDraft;
  readonly fields: readonly FieldDefinition[];
  readonly set: (name: string, value: string) => void;
}

const Fields = ({ draft, fields, set }: FieldsProps) =>
  fields.map((field) => (
    <Field key={field.name} field={field} value={draft.fields[field.name] ?? ''} onChange={set} />
  ));

/** Open from the start where something is filled in. */
function FoldedFields({ section, ...props }: FieldsProps & { readonly section: string }) {
  const [filled] = useState(props.fields.some(({ name }) => (props.draft.fields[name] ?? '') !== ''));
  return (
    <details className="wide" open={filled} data-testid={`section-${section}`}>
      <summary>{section}</summary>
      <div className="connection-form">
        <Fields {...props} />
      </div>
    </details>
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
  key: 'certificate-key',
  'known-hosts': 'known-hosts',
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
