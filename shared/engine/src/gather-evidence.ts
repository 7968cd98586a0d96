import type { InspectedWorld } from '@gumshoe/analysis/inspect';
import type { EvidenceStore } from '@gumshoe/analysis/rca/evidence-store';
import type { EvidenceRequest } from '@gumshoe/analysis/rca/wanted';
import { toFailure } from '@gumshoe/base/failure';
import { formatValue } from '@gumshoe/base/units';
import { diffTopFrames, type FrameShift } from '@gumshoe/model/derived/frame-shares';
import type { ApplicationId, Evidence } from '@gumshoe/model/entities';
import type { Application } from '@gumshoe/model/world';
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
  const missing: { subject: string; reason: string }[] = [];
  const fetches = wanted.map(async (request) => {
    const application = world.byId.get(request.application);
    if (!application) return;
    try {
      if (request.signal === 'profile')
        frames.set(application.id, await grownFrames(reader, application, request, signal));
      else append(examples, application.id, await exampleOf(reader, application, request, signal));
    } catch (error) {
      const failure = toFailure(error, `read ${request.signal}`, application.name);
      missing.push({ subject: `${request.signal} of ${application.name}`, reason: failure.reason });
    }
  });
  await Promise.all(fetches);
  for (const request of wanted) {
    const name = world.byId.get(request.application)?.name;
    if (request.signal !== 'profile' || frames.get(request.application)?.length !== 0) continue;
    missing.push({ subject: `profile of ${name}`, reason: 'no CPU samples in the incident' });
  }
  missing.sort((a, b) => (a.subject < b.subject ? -1 : 1));
  return { frames, examples, missing };
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
  return request.signal === 'traces'
    ? exampleTrace(reader, application, request, signal)
    : exampleLog(reader, application, request, signal);
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
    return { kind: 'logs', query: JSON.stringify(filter), from: range.from, to: range.to, summary };
  }
  return undefined;
}
