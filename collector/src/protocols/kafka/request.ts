import { ByteReader } from '../byte-reader.ts';
import { isFlexible, KAFKA_APIS } from './apis.ts';
import type { KafkaApi } from './apis.ts';
import { kafkaCount, kafkaText, kafkaUuid, skipTags } from './fields.ts';
import type { KafkaFields } from './fields.ts';

export interface KafkaRequest {
  readonly api: KafkaApi;
  readonly version: number;
  readonly clientId: string;
  /** Name of the first topic, `id:<uuid>` where the version sends ids only; '' when none is named or it was cut. */
  readonly topic: string;
  /** Consumer group, '' when the request names none. */
  readonly group: string;
  /** The broker may hold the answer back: a fetch that waits for records, a member that waits for its group. */
  readonly waits: boolean;
}

const VERSION_LIMIT = 30;
/** What Kafka allows in names of topics; a client id or group with other characters is not shown. */
const TOPIC = /^[\w.-]{1,249}$/;
const LABEL = /^[\w.:/@ +-]{1,120}$/;

interface Subject {
  readonly topic: string;
  readonly group: string;
  readonly waits: boolean;
}

const NOTHING: Subject = { topic: '', group: '', waits: false };
type Body = (fields: KafkaFields, version: number) => Subject;

function topicName(fields: KafkaFields): string {
  const name = kafkaText(fields);
  return !fields.reader.cut && TOPIC.test(name) ? name : '';
}

function topicId(fields: KafkaFields): string {
  const id = kafkaUuid(fields);
  return id && `id:${id}`;
}

/** First topic of an array whose elements begin with a name, or with an id from version `idsFrom` on. */
function firstTopic(fields: KafkaFields, version: number, idsFrom = Infinity): string {
  if (kafkaCount(fields) === 0) return '';
  return version >= idsFrom ? topicId(fields) : topicName(fields);
}

function groupName(fields: KafkaFields): string {
  const name = kafkaText(fields);
  return !fields.reader.cut && LABEL.test(name) ? name : '';
}

const produce: Body = (fields, version) => {
  if (version >= 3) kafkaText(fields);
  fields.reader.skip(6); // acks, timeout
  return { ...NOTHING, topic: firstTopic(fields, version, 13) };
};

const fetch: Body = (fields, version) => {
  const { reader } = fields;
  if (version < 15) reader.skip(4); // replica
  const waits = reader.big(4) > 0;
  reader.skip(4); // least bytes
  if (version >= 3) reader.skip(4);
  if (version >= 4) reader.skip(1);
  if (version >= 7) reader.skip(8);
  return { ...NOTHING, waits, topic: firstTopic(fields, version, 13) };
};

const listOffsets: Body = (fields, version) => {
  fields.reader.skip(version >= 2 ? 5 : 4);
  return { ...NOTHING, topic: firstTopic(fields, version) };
};

const metadata: Body = (fields, version) => {
  if (kafkaCount(fields) === 0) return NOTHING;
  const id = version >= 10 ? topicId(fields) : '';
  return { ...NOTHING, topic: topicName(fields) || id };
};

const offsetCommit: Body = (fields, version) => {
  const group = groupName(fields);
  if (version >= 1) {
    fields.reader.skip(4);
    kafkaText(fields);
  }
  if (version >= 7) kafkaText(fields);
  if (version >= 2 && version <= 4) fields.reader.skip(8);
  return { ...NOTHING, group, topic: firstTopic(fields, version, 10) };
};

const offsetFetch: Body = (fields, version) => {
  if (version >= 8) return { ...NOTHING, group: kafkaCount(fields) > 0 ? groupName(fields) : '' };
  const group = groupName(fields);
  return { ...NOTHING, group, topic: firstTopic(fields, version) };
};

const joinGroup: Body = (fields) => ({ ...NOTHING, group: groupName(fields), waits: true });
const ofGroup: Body = (fields) => ({ ...NOTHING, group: groupName(fields) });
const ofTopics: Body = (fields, version) => ({ ...NOTHING, topic: firstTopic(fields, version) });

const deleteTopics: Body = (fields, version) =>
  version < 6 ? ofTopics(fields, version) : metadata(fields, 0);

const txnOffsetCommit: Body = (fields) => {
  kafkaText(fields);
  return { ...NOTHING, group: groupName(fields) };
};

const BODIES: Readonly<Record<string, Body>> = {
  Produce: produce,
  Fetch: fetch,
  ListOffsets: listOffsets,
  Metadata: metadata,
  OffsetCommit: offsetCommit,
  OffsetFetch: offsetFetch,
  JoinGroup: joinGroup,
  Heartbeat: ofGroup,
  LeaveGroup: ofGroup,
  SyncGroup: ofGroup,
  ConsumerGroupHeartbeat: ofGroup,
  CreateTopics: ofTopics,
  DeleteTopics: deleteTopics,
  DeleteRecords: ofTopics,
  CreatePartitions: ofTopics,
  TxnOffsetCommit: txnOffsetCommit,
};

/** Size, API key, version, correlation id, client id: every request begins so. */
const SMALLEST = 10;
const LARGEST = 1 << 28;

/** The first request of `payload`; undefined when its bytes are none. */
export function kafkaRequest(payload: Uint8Array): KafkaRequest | undefined {
  const reader = new ByteReader(payload);
  const size = reader.signed(4);
  const api = KAFKA_APIS[reader.big(2)];
  const version = reader.big(2);
  const correlation = reader.signed(4);
  const clientLength = reader.signed(2);
  if (reader.cut || size < SMALLEST || size > LARGEST || correlation < 0) return undefined;
  if (api === undefined || version > VERSION_LIMIT || clientLength > size - SMALLEST) return undefined;
  const clientId = clientLength > 0 ? reader.text(clientLength) : '';
  if (clientId !== '' && !reader.cut && !LABEL.test(clientId)) return undefined;
  const fields = { reader, flexible: isFlexible(api, version) };
  skipTags(fields);
  const subject = BODIES[api.name]?.(fields, version) ?? NOTHING;
  return { api, version, clientId: LABEL.test(clientId) ? clientId : '', ...subject };
}
