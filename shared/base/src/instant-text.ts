/** Ends with `Z` or an offset, as RFC 3339 asks. */
const WITH_ZONE = /(?:Z|[+-]\d{2}:?\d{2}|\b(?:UTC|GMT))\s*$/i;
/** Dates with a time and no zone: `2026-01-02T03:04:05.678`, with a space or a comma as other programs write them. */
const WITHOUT_ZONE = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d+))?$/;

/**
 * ms since the epoch of a date as text; NaN when it is none. Without a zone it is UTC, so that the same text means the
 * same on every machine.
 */
export function instantOfText(text: string): number {
  const trimmed = text.trim();
  const plain = WITHOUT_ZONE.exec(trimmed);
  if (plain) return Date.parse(`${plain[1]}T${plain[2]}${plain[3] ? `.${plain[3].slice(0, 3)}` : ''}Z`);
  const instant = Date.parse(trimmed);
  if (Number.isNaN(instant) || WITH_ZONE.test(trimmed) || /^\d{4}(-\d{2}(-\d{2})?)?$/.test(trimmed))
    return instant;
  const utc = Date.parse(`${trimmed} UTC`);
  return Number.isNaN(utc) ? instant : utc;
}
