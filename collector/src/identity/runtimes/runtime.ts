import type { RuntimeContainer } from './container.ts';

/** A container runtime that may be asked. Methods reject with an Error that says what was tried on what. */
export interface ContainerRuntime {
  /** `docker`, `podman`, `containerd`, `crio`. */
  readonly name: string;
  readonly socket: string;
  /** Everything that runs. */
  list?(): Promise<readonly RuntimeContainer[]>;
  /** One container, for runtimes that cannot list; undefined when it is not theirs. */
  inspect?(id: string): Promise<RuntimeContainer | undefined>;
  /** Calls back when containers have come or gone, until the returned function is called; `onEnd` when that breaks. */
  watch?(onChange: () => void, onEnd: () => void): () => void;
  close(): void;
}

/** Reads of an answer whose shape nobody vouches for. */
export const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
export const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : [];
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
export const asNumber = (value: unknown): number => (typeof value === 'number' ? value : 0);
export const asTexts = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(asObject(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
