import { contextOfHeaders } from '../trace-context.ts';
import type { TraceContext } from '../trace-context.ts';

/** A request with its answer. Times as in Http2Chunk. */
export interface Http2Request {
  readonly streamId: number;
  /** '' where it was indexed before we looked. */
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  /** 0 without an answer. */
  readonly status: number;
  /** undefined when it is no gRPC call, or ended without one. */
  readonly grpcStatus: number | undefined;
  readonly grpcMessage: string;
  readonly isGrpc: boolean;
  readonly traceContext: TraceContext | undefined;
  /** The chunk that began the request. */
  readonly sequence: number;
  readonly started: bigint;
  /** First byte of the answer's headers; `ended` where none came. */
  readonly answered: bigint;
  readonly ended: bigint;
  /**
   * The answer began before the client was done: a call that streams in both directions, which lasts as long as they
   * talk. Calls that stream the answer alone look like others here.
   */
  readonly duplex: boolean;
  /** Events sent as they happen (HTML, section 9.2). */
  readonly eventStream: boolean;
  /** ended: both sides closed; reset: RST_STREAM or GOAWAY; closed: the connection went away. */
  readonly outcome: 'ended' | 'reset' | 'closed';
}

/** A request that waits for the end of its answer. */
export interface Stream {
  readonly id: number;
  readonly started: bigint;
  readonly sequence: number;
  request: ReadonlyMap<string, string>;
  answer: Map<string, string>;
  answered: bigint | undefined;
  duplex: boolean;
  clientDone: boolean;
  serverDone: boolean;
}

/** What is known of a request at its end. */
export function finish(stream: Stream, ended: bigint, outcome: Http2Request['outcome']): Http2Request {
  const { request, answer, id, sequence, started } = stream;
  const grpc = answer.get('grpc-status');
  const isGrpc = grpc !== undefined || (request.get('content-type') ?? '').startsWith('application/grpc');
  return {
    streamId: id,
    method: request.get(':method') ?? '',
    path: request.get(':path') ?? '',
    authority: request.get(':authority') ?? '',
    scheme: request.get(':scheme') ?? '',
    status: smallNumber(answer.get(':status')) ?? 0,
    grpcStatus: smallNumber(grpc),
    grpcMessage: answer.get('grpc-message') ?? '',
    isGrpc,
    traceContext: contextOfHeaders((name) => request.get(name)),
    sequence,
    started,
    answered: stream.answered ?? ended,
    ended,
    duplex: stream.duplex && isGrpc,
    eventStream: (answer.get('content-type') ?? '').startsWith('text/event-stream'),
    outcome,
  };
}

const smallNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : undefined;
