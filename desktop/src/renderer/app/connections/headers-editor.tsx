import { Button, Checkbox, InputGroup } from '@blueprintjs/core';
import { Add, Trash } from '@blueprintjs/icons';
import type { ExtraHeader } from '../../../contract/engine.ts';
import { SecretInput } from './secret-input.tsx';

export interface HeadersEditorProps {
  readonly headers: readonly ExtraHeader[];
  readonly onChange: (headers: readonly ExtraHeader[]) => void;
}

/** Headers that go with every question to Prometheus: a tenant, a key of a proxy. */
export function HeadersEditor({ headers, onChange }: HeadersEditorProps) {
  const replace = (at: number, header: ExtraHeader): void =>
    onChange(headers.map((one, index) => (index === at ? header : one)));
  return (
    <details className="wide" open={headers.length > 0} data-testid="section-headers">
      <summary>Headers to Prometheus</summary>
      {headers.map((header, index) => (
        <div key={index} className="row" style={{ marginBottom: 6 }}>
          <HeaderRow
            header={header}
            place={index + 1}
            onChange={(next) => replace(index, next)}
            onRemove={() => onChange(headers.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <Button
        size="small"
        icon={<Add />}
        text="Add header"
        onClick={() => onChange([...headers, { name: '', value: '' }])}
      />
    </details>
  );
}

interface HeaderRowProps {
  readonly header: ExtraHeader;
  readonly place: number;
  readonly onChange: (header: ExtraHeader) => void;
  readonly onRemove: () => void;
}

function HeaderRow({ header, place, onChange, onRemove }: HeaderRowProps) {
  const { name } = header;
  return (
    <>
      <InputGroup
        value={name}
        placeholder="X-Scope-OrgID"
        aria-label={`Name of header ${place}`}
        spellCheck={false}
        onValueChange={(next) => onChange({ ...header, name: next })}
      />
      <div className="grow">
        {'value' in header ? (
          <InputGroup
            value={header.value}
            aria-label={`Value of header ${place}`}
            spellCheck={false}
            onValueChange={(value) => onChange({ name, value })}
          />
        ) : (
          <SecretInput
            label={`Value of header ${place}`}
            value={header.valueRef}
            onChange={(valueRef) => onChange({ name, valueRef })}
          />
        )}
      </div>
      <Checkbox
        label="secret"
        style={{ margin: 0 }}
        checked={'valueRef' in header}
        onChange={(event) =>
          onChange(event.currentTarget.checked ? { name, valueRef: '' } : { name, value: '' })
        }
      />
      <Button variant="minimal" icon={<Trash />} title={`Remove header ${place}`} onClick={onRemove} />
    </>
  );
}
