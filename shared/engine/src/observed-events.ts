import type { ObservedEvent } from '@gumshoe/analysis/rca/events';
import type { TimeRange } from '@gumshoe/base/time';
import { EVENT_REASON_ATTRIBUTES, isEventRecord } from '@gumshoe/schema/attributes';
import type { LogRecord, Reader } from './ports.ts';

/** Records that are read for the events among them, newest first, where a source keeps both in one place. */
const MAX_RECORDS = 5_000;
const MAX_EVENTS = 1_000;

/** What the semantic conventions, receivers of the Collector, and Coroot's cluster agent call the same. */
const REASON = [...EVENT_REASON_ATTRIBUTES, 'reason', 'event', 'eventType', 'event_type', 'event.name'];
const KIND = ['k8s.object.kind', 'object.kind', 'kind'];
const NAME = ['k8s.object.name', 'object.name', 'name'];
const NAMESPACE = ['k8s.namespace.name', 'object.namespace', 'namespace'];

const first = (attributes: LogRecord['attributes'], names: readonly string[]): string => {
  for (const name of names) if (attributes[name]) return attributes[name];
  return '';
};

const eventOf = ({ timestamp, serviceName, body, attributes }: LogRecord): ObservedEvent => ({
  at: timestamp,
  reason: first(attributes, REASON),
  kind: first(attributes, KIND),
  name: first(attributes, NAME) || serviceName,
  namespace: first(attributes, NAMESPACE),
  text: body,
});

/** Kubernetes' and other events of a time, newest first. */
export async function observedEvents(
  reader: Reader,
  range: TimeRange,
  signal?: AbortSignal,
): Promise<readonly ObservedEvent[]> {
  const records = reader.events
    ? await reader.events(range, MAX_EVENTS, signal)
    : (await reader.logs({ range, limit: MAX_RECORDS }, signal))
        .filter(({ attributes }) => isEventRecord(attributes))
        .slice(0, MAX_EVENTS);
  return records.map(eventOf);
}
