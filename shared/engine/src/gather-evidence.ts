import type { InspectedWorld } from '@gumshoe/analysis/inspect';
import type { ObservedEvent } from '@gumshoe/analysis/rca/events';
import type { EvidenceStore } from '@gumshoe/analysis/rca/evidence-store';
import type { FailedRequests } from '@gumshoe/analysis/rca/failed-requests';
import { separatingAttributes } from '@gumshoe/analysis/rca/span-attributes';
import type { EvidenceRequest } from '@gumshoe/analysis/rca/wanted';
import { toFailure } from '@gumshoe/base/failure';
import { formatValue } from '@gumshoe/base/units';
import { diffTopFrames, type FrameShift } from '@gumshoe/model/derived/frame-shares';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
import { gatherFailures } from './gather-failures.ts';
import { observedEvents } from './observed-events.ts';
import type { Reader, Span } from './ports.ts';
import { readProfile } from './profiles.ts';

/** Fetches what a first pass asked for. Nothing here can fail the investigation: it notes what is missing. */
export async function gatherEvidence(
  reader: Reader,
  { world }: InspectedWorld,
  wanted: readonly EvidenceRequest[],
  signal?: AbortSignal,
): Promise<EvidenceStore> {
  const frames = new Map<ApplicationId, readonly FrameShift[]>();
  const examples = new Map<ApplicationId, readonly Evidence[]>();
  const failures = new Map<ApplicationId, FailedRequests>();
  const missing: { subject: string; reason: string }[] = [];
  const fetches = wanted.map(async (request) => {
    const application = world.byId.get(request.application);
    if (!application) return;
    try {
      if (request.signal === 'profile')
        frames.set(application.id, await grownFrames(reader, application, request, signal));
      else if (request.signal === 'failures') {
        const found = await gatherFailures(reader, application, request, signal);
        if (found) failures.set(application.id, found);
      } else append(examples, application.id, await exampleOf(reader, application, request, signal));
    } catch (error) {
      const failure = toFailure(error, `read ${request.signal}`, application.name);
      missing.push({ subject: `${request.signal} of ${application.name}`, reason: failure.reason });
    }
  });
  const [events] = await Promise.all([eventsAround(reader, wanted, missing, signal), ...fetches]);
  for (const request of wanted) {
    const name = world.byId.get(request.application)?.name;
    if (request.signal !== 'profile' || frames.get(request.application)?.length !== 0) continue;
    missing.push({ subject: `profile of ${name}`, reason: 'no CPU samples in the incident' });
  }
  missing.sort((a, b) => (a.subject < b.subject ? -1 : 1));
  return { frames, examples, failures, events, missing };
}

/** From the calm time before until the end. */
async function eventsAround(
  reader: Reader,
  [first]: readonly EvidenceRequest[],
  missing: { subject: string; reason: string }[],
  signal?: AbortSignal,
): Promise<readonly ObservedEvent[]> {
  if (!first) return [];
  try {
    const { range, baseline } = first;
    return await observedEvents(reader, { from: baseline.from, to: range.to }, signal);
  } catch (error) {
    missing.push({ subject: 'events', reason: toFailure(error, 'read events', 'the source').reason });
    return [];
  }
}

function append(
  map: Map<ApplicationId, readonly Evidence[]>,
  id: ApplicationId,
  evidence: Evidence | undefined,
): void {
  if (evidence) map.set(id, [...(map.get(id) ?? []), evidence]);
}

async function grownFrames(
  reader: Reader,
  application: Application,
  { range, baseline }: EvidenceRequest,
  signal?: AbortSignal,
): Promise<readonly FrameShift[]> {
  const [current, before] = await Promise.all([
    readProfile(reader, application, range, signal),
    readProfile(reader, application, baseline, signal),
  ]);
  return current.stacks.length === 0 ? [] : diffTopFrames(current, before);
}

async function exampleOf(
  reader: Reader,
  application: Application,
  request: EvidenceRequest,
  signal?: AbortSignal,
): Promise<Evidence | undefined> {
  if (request.signal === 'attributes') return attributesOf(reader, application, request, signal);
  return request.signal === 'traces'
    ? exampleTrace(reader, application, request, signal)
    : exampleLog(reader, application, request, signal);
}

/** Spans looked at on either side. */
const MAX_SPANS = 300;

/** What slow or failed requests have in common and good ones have not. */
async function attributesOf(
  reader: Reader,
  application: Application,
  { range, baseline, errorsOnly }: EvidenceRequest,
  signal?: AbortSignal,
): Promise<Evidence | undefined> {
  for (const serviceName of application.serviceNames) {
    const filter = { serviceName, kind: 'Server' as const, limit: MAX_SPANS };
    const [bad, good] = await Promise.all([
      reader.spans(
        errorsOnly
          ? { ...filter, range, order: 'newest', errorsOnly }
          : { ...filter, range, order: 'slowest' },
        signal,
      ),
      reader.spans({ ...filter, range: baseline, order: 'newest' }, signal),
    ]);
    const [first, ...more] = separatingAttributes(
      bad.map(({ attributes }) => attributes),
      good.filter(({ status }) => status !== 'Error').map(({ attributes }) => attributes),
    );
    if (!first) continue;
    const others = more.map(({ key, value }) => `${key}=${value}`);
    const also = others.length > 0 ? ` (also ${others.join(', ')})` : '';
    return {
      kind: 'traces',
      query: JSON.stringify({ serviceName, attribute: { key: first.key, value: first.value } }),
      from: range.from,
      to: range.to,
      summary: `${formatValue(first.bad, 'ratio')} of the ${errorsOnly ? 'failed' : 'slowest'} requests to ${application.name} have ${first.key}=${first.value}, ${formatValue(first.good, 'ratio')} of those before${also}.`,
      baseline,
      value: first.bad,
      baselineValue: first.good,
      unit: 'ratio',
    };
  }
  return undefined;
}

async function exampleTrace(
  reader: Reader,
  application: Application,
  { range, errorsOnly }: EvidenceRequest,
  signal?: AbortSignal,
): Promise<Evidence | undefined> {
  const order = errorsOnly ? 'newest' : 'slowest';
  for (const serviceName of application.serviceNames) {
    const filter = {
      range,
      serviceName,
      kind: 'Server' as const,
      order: order as 'newest' | 'slowest',
      limit: 1,
    };
    const [span] = await reader.spans({ ...filter, ...(errorsOnly ? { errorsOnly } : {}) }, signal);
    if (!span) continue;
    const query = JSON.stringify({
      traceId: span.traceId,
      serviceName,
      ...(errorsOnly ? { errorsOnly } : {}),
    });
    return {
      kind: 'traces',
      query,
      from: range.from,
      to: range.to,
      summary: describeSpan(span, application.name),
      value: span.duration,
      unit: 'milliseconds',
    };
  }
  return undefined;
}

function describeSpan(span: Span, name: string): string {
  const outcome =
    span.status === 'Error' ? `failed${span.statusMessage ? ` (${span.statusMessage})` : ''} after` : 'took';
  return `An example: ${span.name} at ${name} ${outcome} ${formatValue(span.duration, 'milliseconds')}.`;
}

const ERROR_SEVERITIES = ['ERROR', 'FATAL'] as const;
const MAX_LINE = 200;

async function exampleLog(
  reader: Reader,
  application: Application,
  { range }: EvidenceRequest,
  signal?: AbortSignal,
): Promise<Evidence | undefined> {
  for (const serviceName of application.serviceNames) {
    const filter = { serviceName, severities: ERROR_SEVERITIES };
    const [line] = await reader.logs({ ...filter, range, limit: 1 }, signal);
    if (!line) continue;
    const text = line.body.length > MAX_LINE ? `${line.body.slice(0, MAX_LINE)} …` : line.body;
    const summary = `${application.name} logged: ${text}`;
    return {
      kind: 'logs',
      query: JSON.stringify(filter),
      from: range.from,
      to: range.to,
      summary,
      value: 1,
      unit: 'count',
    };
  }
  return undefined;
}
