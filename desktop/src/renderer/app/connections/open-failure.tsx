import { Button, Callout } from '@blueprintjs/core';
import { Endorsed, Refresh } from '@blueprintjs/icons';
import type { Failure } from '@gumshoe/base/failure';
import { FailureText } from '../../widgets/states.tsx';
import { offeredFingerprint } from './host-key.ts';

export interface OpenFailureProps {
  readonly name: string;
  readonly failure: Failure;
  readonly onRetry: () => void;
  readonly onTrust: (fingerprint: string) => void;
}

/** Why a connection did not open; an unknown SSH host is a question, a changed key is a refusal. */
export function OpenFailure({ name, failure, onRetry, onTrust }: OpenFailureProps) {
  const fingerprint = offeredFingerprint(failure);
  if (fingerprint)
    return (
      <Callout intent="warning" title={`Is this ${failure.target}?`} data-testid="host-key-prompt">
        <p>
          This host has never been seen before. Compare the fingerprint of its key with one that you got
          another way:
        </p>
        <p className="mono" data-testid="host-key-fingerprint">
          {fingerprint}
        </p>
        <Button icon={<Endorsed />} text="It is; remember and connect" onClick={() => onTrust(fingerprint)} />
      </Callout>
    );
  return (
    <Callout intent="danger" title={`${name} did not open`} role="alert" data-testid="open-failure">
      <FailureText failure={failure} />
      {failure.code === 'host-key-changed' ? null : (
        <Button style={{ marginTop: 10 }} icon={<Refresh />} text="Try again" onClick={onRetry} />
      )}
    </Callout>
  );
}
