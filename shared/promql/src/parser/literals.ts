const DURATION_PART = /(\d+)(ms|s|m|h|d|w|y)/g;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Seconds of a number or duration literal (`1e3`, `0x1F`, `Inf`, `5m`, `1h30m`); NaN when it is neither. */
export function numberOrDuration(text: string): number {
  const clean = text.replace(/_/g, '').toLowerCase();
  if (clean === 'inf' || clean === '+inf') return Infinity;
  if (clean === '-inf') return -Infinity;
  if (/^(\d+(ms|s|m|h|d|w|y))+$/.test(clean)) {
    let ms = 0;
    for (const match of clean.matchAll(DURATION_PART))
      ms += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? NaN);
    return ms / 1000;
  }
  if (/^0[0-7]+$/.test(clean)) return parseInt(clean, 8);
  return Number(clean);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** Value of a quoted string as in Go: '…' and "…" with escapes, `…` raw. */
export function stringValue(text: string): string {
  const body = text.slice(1, -1);
  if (text.startsWith('`')) return body;
  return body.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs,
    (_, escape: string) => {
      if (/^[xuU]./.test(escape) && escape.length > 1)
        return String.fromCodePoint(Math.min(0x10ffff, parseInt(escape.slice(1), 16)));
      if (/^[0-7]{3}$/.test(escape)) return String.fromCodePoint(parseInt(escape, 8));
      return ESCAPES[escape] ?? escape;
    },
  );
}
