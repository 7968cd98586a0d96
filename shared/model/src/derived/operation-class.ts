import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';

/** Names of attributes, current and former (OpenTelemetry semantic conventions), and values that mean waiting. */
const WAITING: readonly (readonly [names: readonly string[], waits: (value: string) => boolean])[] = [
  [[SPAN_ATTRIBUTES.blocking], (value) => value === 'true'],
  [['messaging.operation.type', 'messaging.operation'], (value) => value === 'receive' || value === 'poll'],
  [['network.protocol.name', 'net.protocol.name'], (value) => value === 'websocket'],
  [['http.response.status_code', 'http.status_code'], (value) => value === '101'],
  [['http.response.header.content-type'], (value) => /\btext\/event-stream\b/.test(value)],
];

/**
 * Whether an operation lasts until something happens elsewhere: blocking commands, polls of a queue, web
 * sockets, event streams. How long that takes says nothing about who serves it.
 */
export function waitsByDesign(attributes: Readonly<Record<string, string>>): boolean {
  return WAITING.some(([names, waits]) => names.some((name) => waits(attributes[name] ?? '')));
}
