import { ByteReader } from '../byte-reader.ts';
import { isFlexible } from './apis.ts';
import type { KafkaApi } from './apis.ts';
import { KAFKA_ERRORS } from './errors.ts';
import { kafkaCount, kafkaText, skipTags } from './fields.ts';
import type { KafkaRequest } from './request.ts';

/** Where an answer says whether it went well. */
interface AnswerShape {
  /** First version that begins with the throttle time; undefined: none does. */
  readonly throttleFrom?: number;
  /** First version with an error code of the whole answer in front; Infinity: none has. */
  readonly errorFrom?: number;
  /** Bytes between that error code and the topics. */
  readonly gap?: number;
  /** Topics with partitions, or topics, each with an error code. */
  readonly each?: 'partitions' | 'topics';
  /** First version that names topics by id. */
  readonly idsFrom?: number;
  /** Last version with this shape. */
  readonly until?: number;
}

const SHAPES: Readonly<Record<string, AnswerShape>> = {
  Produce: { each: 'partitions', errorFrom: Infinity, idsFrom: 13 },
  Fetch: { throttleFrom: 1, errorFrom: 7, gap: 4, each: 'partitions', idsFrom: 13 },
  ListOffsets: { throttleFrom: 2, errorFrom: Infinity, each: 'partitions' },
  OffsetCommit: { throttleFrom: 3, errorFrom: Infinity, each: 'partitions', idsFrom: 10 },
  FindCoordinator: { throttleFrom: 1, until: 3 },
  JoinGroup: { throttleFrom: 2 },
  Heartbeat: { throttleFrom: 1 },
  LeaveGroup: { throttleFrom: 1 },
  SyncGroup: { throttleFrom: 1 },
  SaslHandshake: {},
  SaslAuthenticate: {},
  ApiVersions: {},
  InitProducerId: { throttleFrom: 0 },
  AddOffsetsToTxn: { throttleFrom: 0 },
  EndTxn: { throttleFrom: 0 },
  ConsumerGroupHeartbeat: { throttleFrom: 0 },
  CreateTopics: { throttleFrom: 2, errorFrom: Infinity, each: 'topics' },
  DeleteTopics: { throttleFrom: 1, errorFrom: Infinity, each: 'topics', until: 5 },
};

/** Answers that are steps of joining a group or agreeing on a version. */
const NO_FAILURE = new Set([27, 35, 79]);

function errorCode(response: Uint8Array, request: KafkaRequest, shape: AnswerShape): number {
  const { version, api } = request;
  const reader = new ByteReader(response, 8); // size, correlation id
  const fields = { reader, flexible: isFlexible(api, version) };
  if (api.name !== 'ApiVersions') skipTags(fields);
  if (version >= (shape.throttleFrom ?? Infinity)) reader.skip(4);
  if (version >= (shape.errorFrom ?? 0)) {
    const code = reader.signed(2);
    if (code !== 0 || !shape.each) return code;
    reader.skip(shape.gap ?? 0);
  }
  if (!shape.each || kafkaCount(fields) === 0) return 0;
  if (version >= (shape.idsFrom ?? Infinity)) reader.skip(16);
  else kafkaText(fields);
  if (shape.each === 'topics') return reader.signed(2);
  if (kafkaCount(fields) === 0) return 0;
  reader.skip(4);
  return reader.signed(2);
}

export interface KafkaError {
  readonly name: string;
}

/** First error that an answer's captured beginning shows; undefined when it shows none. */
export function kafkaError(response: Uint8Array, request: KafkaRequest): KafkaError | undefined {
  const shape = shapeOf(request.api, request.version);
  if (!shape) return undefined;
  const code = errorCode(response, request, shape);
  if (code === 0 || NO_FAILURE.has(code)) return undefined;
  const name = KAFKA_ERRORS.get(code);
  return name === undefined ? undefined : { name };
}

function shapeOf(api: KafkaApi, version: number): AnswerShape | undefined {
  const shape = SHAPES[api.name];
  return shape && version <= (shape.until ?? Infinity) ? shape : undefined;
}
