import type { CapturedRequest } from '../define.ts';

const NOTHING = new Uint8Array(0);

/** A request as the receiver hands it over, of the client's side unless told otherwise. */
export function captured(
  payload: Uint8Array,
  more: Partial<Omit<CapturedRequest, 'payload' | 'connection'>> & { readonly connection?: string } = {},
): CapturedRequest {
  const { connection = 'c1', ...rest } = more;
  return { payload, response: NOTHING, status: 0, direction: 'outbound', ...rest, connection: () => connection };
}
