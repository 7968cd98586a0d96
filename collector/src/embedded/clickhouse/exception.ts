/** An error as ClickHouse reports it: numeric code and text. */
export class ClickHouseException extends Error {
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.name = 'ClickHouseException';
    this.code = code;
  }
}

/** ClickHouse's own codes (src/Common/ErrorCodes.cpp) that the store raises itself. */
export const ERROR_CODES = {
  BAD_ARGUMENTS: 36,
  SYNTAX_ERROR: 62,
  READONLY: 164,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  ABORTED: 236,
  ACCESS_DENIED: 497,
  NOT_IMPLEMENTED: 48,
  UNKNOWN_FORMAT: 73,
  CANNOT_DECOMPRESS: 271,
} as const;

/** Raises one of our own with ClickHouse's wording: `Code: 202. DB::Exception: … (NAME)`. */
export const exception = (name: keyof typeof ERROR_CODES, text: string): ClickHouseException =>
  new ClickHouseException(ERROR_CODES[name], `Code: ${ERROR_CODES[name]}. DB::Exception: ${text} (${name})`);

/** Whatever the engine threw; its message starts with `Code: N.` unless it is not a query's error. */
export function toException(thrown: unknown): ClickHouseException {
  if (thrown instanceof ClickHouseException) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = /^Code: (\d+)\./.exec(text)?.[1];
  if (code !== undefined) return new ClickHouseException(Number(code), text);
  return new ClickHouseException(1002, `Code: 1002. DB::Exception: ${text} (UNKNOWN_EXCEPTION)`);
}

const NOT_FOUND = new Set([60, 46, 47, 81, 115, 219, 218]);
const BAD_REQUEST = new Set([
  6, 26, 27, 33, 36, 38, 41, 53, 62, 63, 69, 70, 72, 73, 117, 130, 135, 137, 168, 181, 215, 386, 456, 457,
  131,
]);

/** HTTP status of an exception code, as ClickHouse's HTTPHandler maps it (exceptionCodeToHTTPStatus). */
export function httpStatusOf(code: number): number {
  if (code === 194) return 401;
  if (code === 164 || code === 497 || code === 516 || code === 192 || code === 195) return 403;
  if (NOT_FOUND.has(code)) return 404;
  if (BAD_REQUEST.has(code)) return 400;
  if (code === 48) return 501;
  if (code === 159 || code === 160) return 408;
  if (code === 131) return 413;
  if (code === 202 || code === 252 || code === 209) return 503;
  return 500;
}
