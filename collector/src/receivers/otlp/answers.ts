import protobuf from 'protobufjs/minimal.js';
import type { OtlpSignal } from '@gumshoe/schema/otlp/protobuf';
import type { Outcome } from './ingest.ts';

const REJECTED: Readonly<Record<OtlpSignal, string>> = {
  resourceSpans: 'rejectedSpans',
  resourceLogs: 'rejectedLogRecords',
  resourceMetrics: 'rejectedDataPoints',
};

/** Export…ServiceResponse in protobuf: empty, or a partial success (the three signals have one layout). */
export function protobufAnswer({ rejected, reason }: Outcome): Uint8Array {
  const writer = protobuf.Writer.create();
  if (rejected === 0 && reason === '') return writer.finish();
  writer.uint32(10).fork();
  if (rejected > 0) writer.uint32(8).int64(rejected);
  return writer.uint32(18).string(reason).ldelim().finish();
}

/** The same in JSON. */
export function jsonAnswer(signal: OtlpSignal, { rejected, reason }: Outcome): string {
  if (rejected === 0 && reason === '') return '{}';
  return JSON.stringify({ partialSuccess: { [REJECTED[signal]]: String(rejected), errorMessage: reason } });
}

/** google.rpc.Status in protobuf: what a failed request is answered with. */
export const protobufStatus = (code: number, message: string): Uint8Array =>
  protobuf.Writer.create().uint32(8).int32(code).uint32(18).string(message).finish();

/** The same in JSON. */
export const jsonStatus = (code: number, message: string): string => JSON.stringify({ code, message });
