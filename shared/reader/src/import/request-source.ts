import type { Labels } from '@gumshoe/base/series';
import { serviceOf } from './foreign-labels.ts';

/** Who answered and who asked; '' where nobody says. */
export interface Call {
  readonly server: string;
  readonly client: string;
}

/** A histogram of durations, by its name without `_bucket`, `_sum`, `_count`; `scale` makes seconds of its unit. */
export interface DurationSource {
  readonly name: string;
  readonly scale: number;
}

/** How one system counts requests. */
export interface RequestSource {
  /** The counter of requests; also the `_count` of a histogram. */
  readonly count: string;
  /** Counts the failed ones of `count`, where no label tells. */
  readonly failures?: string;
  readonly durations: readonly DurationSource[];
  /** The same as callers took them, where both are counted. */
  readonly waits?: readonly DurationSource[];
  readonly call: (labels: Labels) => Call | undefined;
  readonly failed: (labels: Labels) => boolean;
  readonly operation?: (labels: Labels) => string;
}

export const SECONDS = 1;
export const MILLISECONDS = 0.001;
export const isServerError = (code = ''): boolean => code.startsWith('5') || code === '0';
export const isGrpcError = (code = ''): boolean => code !== '' && !/^(0|OK)$/i.test(code);

/** The first part of a name inside a cluster, and of an authority its host. */
export function hostName(authority = ''): string | undefined {
  const host = authority.replace(/:\d+$/, '');
  const inside = /^([^.]+)(\.[^.]+)?\.svc(\.|$)/.exec(host);
  return (inside?.[1] ?? host) || undefined;
}

/** Requests that a service itself says it answered; nothing says who asked. */
export const served = (labels: Labels): Call | undefined => {
  const server = serviceOf(labels);
  return server ? { server, client: '' } : undefined;
};
