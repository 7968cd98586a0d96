import type { Failure } from '@gumshoe/base/failure';

/** The fingerprint that an unknown host showed; undefined for every other failure. */
export function offeredFingerprint(failure: Failure): string | undefined {
  if (failure.code !== 'host-key-unknown') return undefined;
  return /SHA256:[A-Za-z0-9+/=]{20,}/.exec(
    `${failure.reason} ${failure.target} ${failure.remedy ?? ''}`,
  )?.[0];
}
