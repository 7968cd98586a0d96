/** An index takes 19 bits of a number's 53, which leaves addresses 16 GiB apart. */
const INDEX_SPAN = 1 << 19;
const MAX_DISTANCE = 2 ** 34;
/** Most addresses that can be put in order. */
export const MAX_ADDRESSES = INDEX_SPAN;

/**
 * Indexes of addresses in ascending order. Each address and its index are sorted as one number: no comparator, and
 * no list of objects on the way, for tables of a hundred thousand and more.
 */
export function addressOrder(addresses: Float64Array): Uint32Array {
  const order = new Uint32Array(addresses.length);
  let [lowest, highest] = [Infinity, -Infinity];
  for (const address of addresses) {
    if (address < lowest) lowest = address;
    if (address > highest) highest = address;
  }
  if (highest - lowest >= MAX_DISTANCE || addresses.length > INDEX_SPAN) {
    for (let i = 0; i < order.length; i++) order[i] = i;
    return order.sort((a, b) => addresses[a]! - addresses[b]! || a - b);
  }
  const keys = new Float64Array(addresses.length);
  for (let i = 0; i < keys.length; i++) keys[i] = (addresses[i]! - lowest) * INDEX_SPAN + i;
  keys.sort();
  for (let i = 0; i < keys.length; i++) order[i] = keys[i]! % INDEX_SPAN;
  return order;
}
