// Queries that nobody would write, over the spans: for each the same answer is expected of ClickHouse and of a snapshot.

/** The same numbers from 0 to 1 for the same seed. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

const CODE = "SpanAttributes['http.response.status_code']";
const ERROR = "SpanAttributes['error.type']";
const LEAVES = {
  number: `Duration|7|3|2.5|0|-4|1000000|length(ServiceName)|toInt64OrZero(${CODE})|toUnixTimestamp(Timestamp)|toMinute(Timestamp)`,
  text: `ServiceName|SpanName|SpanKind|'abc'|'it''s'|${CODE}|${ERROR}|SpanId|StatusMessage|''`,
  condition: `StatusCode = 'Error'|Duration > 400000000|SpanKind != 'Client'|ServiceName LIKE 'c%'|ParentSpanId = ''`,
  time: `Timestamp|toDateTime(Timestamp)|toDate(Timestamp)|toDateTime('2026-11-22 01:00:00')`,
} as const;
type Kind = keyof typeof LEAVES;

/** N, T, C and I stand for a number, a text, a condition and an instant. */
const FORMS: Readonly<Record<Kind, readonly string[]>> = {
  number: [
    ...['(N + N)', 'N - N', 'N * 3', '(N) / 7.5', 'intDiv(N, -2)', '(N) % 7', 'abs(N)', '-(N)', 'round(N)', 'floor(N / 3)'],
    ...['if(C, N, N)', 'multiIf(C, N, C, N, N)', 'CASE WHEN C THEN N ELSE N END', 'length(T)', "position(T, 'e')"],
    ...["dateDiff('minute', I, I)", 'toUInt8(C)', 'sqrt(abs(N))', 'greatest(N, N)'],
  ],
  text: [
    ...['concat(T, T)', 'upper(T)', 'substring(T, 2, 3)', "replaceAll(T, 'a', 'zz')", 'T || T', 'if(C, T, T)', 'trim(T)'],
    ...["extract(T, '([a-z]+)')", "replaceRegexpOne(T, '[a-c]', '-')", 'toString(Duration / 3)', 'toString(I)'],
  ],
  condition: [
    ...['(C AND C)', '(C OR C)', 'NOT C', 'N < N', 'N = N', 'T >= T', 'T != T', 'I < I', 'I >= I', "T ILIKE '%A_%'"],
    ...["T IN ('cart', 'Server', '200')", "(T, T) IN (('cart', 'Server'), ('pay', 'Client'))", 'N BETWEEN N AND N'],
    ...["match(T, '^[a-m]')", 'empty(T)', "startsWith(T, 'c')", "mapContains(SpanAttributes, 'error.type')"],
  ],
  time: [
    ...['toMonday(I)', 'toStartOfDay(I)', 'toStartOfHour(Timestamp)', 'toStartOfInterval(Timestamp, INTERVAL 2 MINUTE)'],
    ...['Timestamp + INTERVAL 5 SECOND', 'toDate(Timestamp) - INTERVAL 1 MONTH', 'toDateTime(Timestamp) + INTERVAL 2 WEEK'],
  ],
};
const AGGREGATES = [
  ...['count()', 'sum(N)', 'avg(N)', 'min(T)', 'max(I)', 'countIf(C)', 'uniq(T)', 'quantile(0.9)(N)', 'sumIf(N, C)'],
  ...['quantileExact(0.75)(N)', 'count(DISTINCT T)', 'sum(N) / count()'],
];
const LETTERS: Readonly<Record<string, Kind>> = { N: 'number', T: 'text', C: 'condition', I: 'time' };

/** A query with columns of every kind, or one that groups. */
export function randomQuery(random: Random): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const filled = (form: string, depth: number): string =>
    form.replace(/\b[NTCI]\b/g, (letter) => expression(LETTERS[letter]!, depth));
  const expression = (kind: Kind, depth: number): string =>
    depth <= 0 ? pick(LEAVES[kind].split('|')) : filled(pick(FORMS[kind]), depth - 1);
  const from = `FROM gumshoe.otel_traces WHERE ${expression('condition', 1)}`;
  if (random() < 0.5)
    return `SELECT ${expression(pick(['text', 'time']), 1)} AS k, ${filled(pick(AGGREGATES), 1)} AS a, ${filled(pick(AGGREGATES), 1)} AS b ${from} GROUP BY k ORDER BY k LIMIT 20`;
  const columns = (['number', 'text', 'time', 'condition'] as const).map(
    (kind) => `${expression(kind, 2)} AS a_${kind}`,
  );
  return `SELECT SpanId, ${columns.join(', ')} ${from} ORDER BY Timestamp, SpanId LIMIT 20`;
}
