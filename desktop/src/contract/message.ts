import type { Failure } from '@gumshoe/base/failure';
import type { WorkbenchMethod } from './ipc.ts';

/** What crosses between the renderer and the engine process, in both hosts. */
export type Message =
  | RequestMessage
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly failure: Failure }
  | { readonly type: 'progress'; readonly id: number; readonly value: unknown };

export interface RequestMessage {
  readonly type: 'request';
  /** Unique among the caller's running calls. */
  readonly id: number;
  readonly method: WorkbenchMethod;
  readonly args: readonly unknown[];
}

const TYPES = new Set<unknown>(['request', 'cancel', 'result', 'failure', 'progress']);

/** Says whether a decoded value is a message; anything else is dropped by the receiver. */
export function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const { type, id, method, args } = value as Record<string, unknown>;
  if (!TYPES.has(type) || typeof id !== 'number' || !Number.isSafeInteger(id)) return false;
  return type !== 'request' || (typeof method === 'string' && Array.isArray(args));
}
