import { InputGroup } from '@blueprintjs/core';
import { useWorkbench } from '../workbench.tsx';

export interface InputProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** What is typed goes to the key store when the field is left; only its reference stays in the form. */
export function SecretInput({ label, value, onChange }: InputProps) {
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
