import type { Milliseconds } from '@gumshoe/base/time';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';

/** A database to probe. `address` is host:port and becomes the label `address` of every sample. */
export interface ProbeTarget {
  readonly type: string;
  readonly address: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  readonly tls: 'disable' | 'require' | 'verify-full';
  /** PEM text of the authority to trust. */
  readonly ca?: string | undefined;
}

export interface ProbeContext {
  readonly now: Milliseconds;
  /** ms this round may take. */
  readonly timeout: number;
  emit(metric: MetricDefinition, value: number, labels?: Readonly<Record<string, string>>): void;
}

/** One open session with one target. `collect` throws when the target cannot be asked; the runner reports it. */
export interface ProbeSession {
  collect(context: ProbeContext): Promise<void>;
  close(): Promise<void>;
}

/** One kind of database. To add one: a folder with its probe, and a line in index.ts. */
export interface ProbeDefinition {
  readonly type: string;
  readonly defaultPort: number;
  /** Emitted as 1 after a round that worked and 0 after one that failed. */
  readonly up: MetricDefinition;
  /** Emitted as 1 with the driver's own words after a failed round. */
  readonly error: { readonly metric: MetricDefinition; readonly label: string };
  open(target: ProbeTarget, timeout: number): Promise<ProbeSession>;
  /** True when trying again soon would only lock the account. */
  isCredentialError(error: unknown): boolean;
}

export const defineProbe = (definition: ProbeDefinition): ProbeDefinition => definition;

/** Host and port of `host:port`, `[v6]:port` or a bare host. */
export function splitAddress(
  address: string,
  defaultPort: number,
): { readonly host: string; readonly port: number } {
  const match = /^\[([^\]]+)\](?::(\d+))?$|^([^:]+)(?::(\d+))?$/.exec(address);
  const host = match?.[1] ?? match?.[3] ?? address;
  return { host, port: Number(match?.[2] ?? match?.[4] ?? defaultPort) };
}
