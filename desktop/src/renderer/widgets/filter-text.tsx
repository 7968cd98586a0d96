import { InputGroup } from '@blueprintjs/core';
import { Search } from '@blueprintjs/icons';
import { useEffect, useRef } from 'react';

export interface FilterTextProps {
  readonly label: string;
  readonly placeholder: string;
  /** As the link has it. */
  readonly value: string | undefined;
  readonly onChange: (text: string | undefined) => void;
  /** Where each letter would be a question to a store: asked on Enter, or when the field is left. */
  readonly onEnter?: true;
}

/** A field whose text narrows a list; it follows the link when that changes elsewhere. */
export function FilterText({ label, placeholder, value = '', onChange, onEnter }: FilterTextProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = value;
  }, [value]);
  const tell = (text: string): void => {
    if (text !== value) onChange(text || undefined);
  };
  return (
    <InputGroup
      inputRef={input}
      leftIcon={<Search className="bp6-icon" />}
      aria-label={label}
      placeholder={placeholder}
      defaultValue={value}
      style={{ width: 240 }}
      {...(onEnter
        ? {
            onKeyDown: (event) => {
              if (event.key === 'Enter') tell(event.currentTarget.value);
            },
            onBlur: (event) => tell(event.currentTarget.value),
          }
        : { onChange: (event) => tell(event.currentTarget.value) })}
    />
  );
}
