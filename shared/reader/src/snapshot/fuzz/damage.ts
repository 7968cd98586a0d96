import type { Random } from './random.ts';

/** Changes to the bytes of a file, as disks, networks and people make them. */
type Damage = (bytes: Buffer, random: Random) => Buffer;

const PAGE = 4096;

const flipBits: Damage = (bytes, random) => {
  const out = Buffer.from(bytes);
  for (let n = 1 + random.below(8); n > 0; n--) out[random.below(out.length)]! ^= 1 << random.below(8);
  return out;
};

/** Where SQLite keeps what it believes of a file: its own header and those of pages. */
const flipHeader: Damage = (bytes, random) => {
  const out = Buffer.from(bytes);
  const page = random.below(Math.min(8, out.length / PAGE)) * PAGE;
  for (let n = 1 + random.below(4); n > 0; n--) out[page + random.below(112)] = random.below(256);
  return out;
};

const overwrite: Damage = (bytes, random) => {
  const out = Buffer.from(bytes);
  const at = random.below(out.length);
  out.fill(random.below(256), at, Math.min(out.length, at + 1 + random.below(200)));
  return out;
};

const truncate: Damage = (bytes, random) => Buffer.from(bytes.subarray(0, random.below(bytes.length)));

const extend: Damage = (bytes, random) =>
  Buffer.concat([bytes, Buffer.alloc(1 + random.below(3 * PAGE), random.below(256))]);

const copyPage: Damage = (bytes, random) => {
  const out = Buffer.from(bytes);
  const pages = Math.floor(out.length / PAGE);
  out.copy(out, random.below(pages) * PAGE, random.below(pages) * PAGE, (random.below(pages) + 1) * PAGE);
  return out.subarray(0, bytes.length);
};

/** A page that lists itself or another as its child: trees that never end. */
const rewire: Damage = (bytes, random) => {
  const out = Buffer.from(bytes);
  const pages = Math.floor(out.length / PAGE);
  const page = random.below(pages) * PAGE + (random.below(4) === 0 ? 100 : 0);
  out[page] = random.pick([2, 5, 10, 13]);
  out.writeUInt16BE(random.below(20), Math.min(page + 3, out.length - 2));
  out.writeUInt32BE(1 + random.below(pages), Math.min(page + 8, out.length - 4));
  return out;
};

const noise: Damage = (_, random) =>
  Buffer.from(Array.from({ length: random.below(5000) }, () => random.below(256)));

export const DAMAGES: Readonly<Record<string, Damage>> = {
  flipBits,
  flipHeader,
  overwrite,
  truncate,
  extend,
  copyPage,
  rewire,
  noise,
};
