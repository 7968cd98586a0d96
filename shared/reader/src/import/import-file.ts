import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { FailureError } from '@gumshoe/base/failure';
import { decodeOtlp, type OtlpSignal } from '@gumshoe/schema/otlp/protobuf';
import { cancelled } from '../failures.ts';
import { importEvent } from './events.ts';
import { FileReport } from './file-report.ts';
import { chunksOf, isJsonLines, isLongLine, linesOf, sniff, wholeOf, type SniffedFile } from './files.ts';
import { importJaeger } from './jaeger-json.ts';
import { JsonDocument, type Flaw, type Piece } from './json-document.ts';
import { importLogs, importTraces } from './otlp-json.ts';
import { importMetrics } from './otlp-metrics.ts';
import { importPprof } from './pprof.ts';
import { looksLikePrometheusText, PrometheusTextParser } from './prometheus-text.ts';
import { Gathered } from './sink.ts';
import { isDatabase, whatElse } from './what-else.ts';

type Json = Readonly<Record<string, unknown>>;

const MAX_FRAME = 256 * 1024 ** 2;

/** Whoever waits for a long file. */
export interface Onlooker {
  readonly progress?: (bytes: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Reads one file, told by its content, into the sink; what it was taken for. `service` is whose profiles it holds.
 * @throws FailureError `not-found`, `cancelled`, `corrupt`, `invalid-input` for a file of another kind.
 */
export async function importFile(
  path: string,
  service: string,
  sink: Gathered,
  onlooker: Onlooker = {},
): Promise<void> {
  const file = await sniff(path);
  if (isDatabase(file.head)) throw unreadable(file);
  const head = file.head.toString('utf8').replace(/^\uFEFF/, '');
  const start = head.trimStart()[0];
  const { report } = sink;
  if (start === '[' || (start === '{' && !isJsonLines(head) && !looksLikePrometheusText(head))) {
    report.format = 'JSON';
    await importDocument(file, sink, onlooker, isLongLine(head));
  } else if (start === '{' && isJsonLines(head)) {
    report.format = 'JSON lines';
    await importLines(file, sink, onlooker);
  } else if (looksLikePrometheusText(head)) {
    report.format = 'Prometheus text';
    await importText(file, sink, onlooker);
  } else if (head.trim() !== '') await importBinary(file, service, sink);
  else report.format = 'empty';
}

/** Lines between two looks at whether somebody cancelled. */
const OFTEN = 20_000;

/** Lines of a file with their numbers, from 1. @throws FailureError `cancelled`, `corrupt`. */
async function* numbered(
  file: SniffedFile,
  { progress, signal }: Onlooker,
): AsyncGenerator<readonly [number, string]> {
  const watch = progress ? (bytes: number) => progress(bytes, file.bytes) : undefined;
  let number = 0;
  for await (const line of linesOf(file, watch)) {
    if (++number % OFTEN === 0 && signal?.aborted) throw cancelled('import', file.path);
    yield [number, line];
  }
}

async function importText(
  file: SniffedFile,
  { series, histograms, report }: Gathered,
  onlooker: Onlooker,
): Promise<void> {
  const parser = new PrometheusTextParser(series, histograms);
  for await (const [number, line] of numbered(file, onlooker)) {
    report.line = number;
    const wrong = parser.line(number === 1 ? line.replace(/^\uFEFF/, '') : line);
    if (wrong !== undefined) report.leaveOut(wrong);
  }
}

/** Documents of any size: one element of their list at a time. */
async function importDocument(
  file: SniffedFile,
  sink: Gathered,
  { progress, signal }: Onlooker,
  compact: boolean,
): Promise<void> {
  const document = new JsonDocument(compact);
  const take = (pieces: readonly (Piece | Flaw)[]): void => {
    for (const piece of pieces) {
      sink.report.line = piece.line;
      if ('reason' in piece) sink.leaveOut(piece.reason);
      else importPiece(piece, sink);
    }
  };
  for await (const chunk of chunksOf(file, progress && ((bytes) => progress(bytes, file.bytes)))) {
    if (signal?.aborted) throw cancelled('import', file.path);
    take(document.push(chunk));
  }
  take(document.end());
}

function importPiece({ key, text }: Piece, sink: Gathered): void {
  const value = parsed(text);
  if (value === undefined) return sink.leaveOut('no JSON');
  importValue(key === undefined || key === '' || key === 'items' ? value : { [key]: [value] }, sink);
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

async function importLines(file: SniffedFile, sink: Gathered, onlooker: Onlooker): Promise<void> {
  for await (const [number, line] of numbered(file, onlooker)) {
    sink.report.line = number;
    if (line.trim() !== '') importJson(line, sink);
  }
}

/** One JSON value: a request of OTLP, an answer of Jaeger, an event, or a list of these. */
function importJson(content: string, sink: Gathered): void {
  const value = parsed(content);
  if (value === undefined) return sink.leaveOut('no JSON');
  for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) importValue(one, sink);
}

const OTLP: Readonly<Record<OtlpSignal, (request: Json, sink: Gathered) => void>> = {
  resourceSpans: importTraces,
  resourceLogs: importLogs,
  resourceMetrics: importMetrics,
};
const SIGNALS = Object.keys(OTLP) as readonly OtlpSignal[];

function importValue(value: unknown, sink: Gathered): void {
  if (typeof value !== 'object' || value === null) return sink.leaveOut('no JSON object');
  const json = value as Json;
  const signals = SIGNALS.filter((one) => json[one] !== undefined);
  try {
    for (const signal of signals) OTLP[signal](json, sink);
    if (signals.length > 0) return;
    if (Array.isArray(json['data'])) importJaeger(json, sink);
    else if (Array.isArray(json['spans'])) importJaeger({ data: [json] }, sink);
    else if (Array.isArray(json['items'])) for (const item of json['items']) importValue(item, sink);
    else if (!importEvent(json, sink))
      sink.leaveOut('neither OTLP, nor Jaeger, nor an event with a time and a text');
  } catch {
    sink.leaveOut('a field of another type than its specification gives it');
  }
}

/**
 * A pprof profile; what the Collector's file exporter writes: each request behind its length, 4 bytes big-endian, and
 * compressed by itself where compression is on; or one bare request.
 */
async function importBinary(file: SniffedFile, service: string, sink: Gathered): Promise<void> {
  const content = await wholeOf(file);
  if (importPprof(content, service, sink)) {
    sink.report.format = 'pprof';
    return;
  }
  const before = sink.taken;
  const wrong = framesOf(content).flatMap((frame) => importFrame(frame, sink) ?? []);
  if (sink.taken > before) return wrong.forEach((reason) => sink.leaveOut(reason));
  throw unreadable(file);
}

const unreadable = ({ path, head }: SniffedFile): FailureError =>
  new FailureError({
    code: 'invalid-input',
    tried: 'import',
    target: path,
    reason: `${whatElse(head)}neither samples in text, nor OTLP (JSON or protobuf), nor Jaeger JSON, nor pprof, nor events`,
    remedy: 'See docs/import.md for what can be read.',
  });

function framesOf(content: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  let at = 0;
  while (at + 4 <= content.length) {
    const length = content.readUInt32BE(at);
    if (at + 4 + length > content.length) break;
    frames.push(content.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return at === content.length && frames.length > 0 ? frames : [content];
}

/** What is wrong with a frame that nothing was taken of. */
function importFrame(frame: Buffer, sink: Gathered): string | undefined {
  let message = frame;
  try {
    if (frame.length >= 4 && frame.readUInt32LE(0) === 0xfd2fb528)
      message = zstdDecompressSync(frame, { maxOutputLength: MAX_FRAME });
    else if (frame[0] === 0x1f && frame[1] === 0x8b)
      message = gunzipSync(frame, { maxOutputLength: MAX_FRAME });
  } catch {
    return 'a compressed message that is damaged or too large';
  }
  if (message[0] !== 0x7b) {
    if (!importMessage(message, sink)) return 'a message that is none of OTLP';
    sink.report.format = 'OTLP protobuf';
    return undefined;
  }
  sink.report.format = 'JSON behind lengths';
  importJson(message.toString('utf8'), sink);
  return undefined;
}

/** The three requests share their outer shape; the one whose records make sense is it. */
function importMessage(message: Buffer, sink: Gathered): boolean {
  for (const signal of SIGNALS) {
    const trial = new Gathered(new FileReport(''));
    try {
      OTLP[signal](decodeOtlp(message, signal), trial);
    } catch {
      continue; // not this one
    }
    if (trial.taken === 0 || !plausible(trial)) continue;
    sink.addAll(trial);
    return true;
  }
  return false;
}

/** Fields of one signal read as another give instants outside of any sensible time. */
function plausible({ spans, logs, events, series, deltas, histograms }: Gathered): boolean {
  const sensible = (at: number): boolean => at > 1e11 && at < 1e14;
  return (
    spans.every(
      ({ start, traceId, spanId }) => sensible(start) && traceId.length === 32 && spanId.length === 16,
    ) &&
    [...logs, ...events].every(({ timestamp }) => sensible(timestamp)) &&
    [...series.instants(), ...deltas.instants(), ...histograms.instants()].every(sensible)
  );
}
