import { milliseconds, MINUTE, type Milliseconds, type TimeRange } from '@gumshoe/base/time';
import { createStore, useStore } from './store.ts';

/** The window as the user chose it: the last minutes, or two instants. */
export type RangeChoice =
  | { readonly kind: 'last'; readonly minutes: number }
  | { readonly kind: 'fixed'; readonly from: Milliseconds; readonly to: Milliseconds };

/** What a link carries: enough to see the same screen again. */
export interface Link {
  readonly view: string;
  /** Application, trace … that the view shows. */
  readonly subject?: string;
  readonly range: RangeChoice;
  /** Filters, selections and queries of the view. */
  readonly params: Readonly<Record<string, string>>;
}

export const DEFAULT_RANGE: RangeChoice = { kind: 'last', minutes: 15 };
const HOME: Link = { view: 'overview', range: DEFAULT_RANGE, params: {} };

export function formatLink(link: Link): string {
  const path = [link.view, link.subject].filter((part) => part !== undefined).map(encodeURIComponent);
  const query = new URLSearchParams();
  if (link.range.kind === 'last') query.set('last', String(link.range.minutes));
  else {
    query.set('from', String(link.range.from));
    query.set('to', String(link.range.to));
  }
  for (const [name, value] of Object.entries(link.params)) query.set(`p.${name}`, value);
  return `#/${path.join('/')}?${query}`;
}

/** Anything that is no link leads to the overview. */
export function parseLink(hash: string): Link {
  const match = /^#\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(hash);
  if (!match) return HOME;
  const query = new URLSearchParams(match[3] ?? '');
  const params = Object.fromEntries(
    [...query].filter(([name]) => name.startsWith('p.')).map(([name, value]) => [name.slice(2), value]),
  );
  const subject = match[2] ? decode(match[2]) : undefined;
  return {
    view: decode(match[1]!) || HOME.view,
    ...(subject ? { subject } : {}),
    range: parseRange(query),
    params,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function parseRange(query: URLSearchParams): RangeChoice {
  const from = Number(query.get('from') ?? NaN);
  const to = Number(query.get('to') ?? NaN);
  if (Number.isFinite(from) && Number.isFinite(to) && from < to)
    return { kind: 'fixed', from: milliseconds(from), to: milliseconds(to) };
  const minutes = Number(query.get('last') ?? NaN);
  return minutes > 0 && minutes <= 60 * 24 * 366 ? { kind: 'last', minutes } : DEFAULT_RANGE;
}

/** Instants of a choice; `now` is the clock, or the last instant of a recording. */
export function resolveRange(choice: RangeChoice, now: Milliseconds): TimeRange {
  if (choice.kind === 'fixed') return { from: choice.from, to: choice.to };
  return { from: milliseconds(now - choice.minutes * MINUTE), to: now };
}

export const linkStore = createStore<Link>(HOME);

/** Parameter that keeps the window from before a visit, see `visit`. */
const RETURN = 'return';

/** Looks at another window for a moment: leaving the view leads back to the window from before. */
export function visit(to: Destination & { readonly view: string; readonly range: RangeChoice }): void {
  const { range, params } = linkStore.get();
  navigate({ ...to, params: { ...to.params, [RETURN]: params[RETURN] ?? JSON.stringify(range) } });
}

/** A window chosen by hand is meant to stay. */
function paramsAfter(params: Link['params'], windowChosen: boolean): Link['params'] {
  if (!windowChosen) return params;
  const { [RETURN]: _from, ...rest } = params;
  return rest;
}

/** The window to go on with when the view changes. */
function windowAfter({ range, params }: Link): RangeChoice {
  const kept = params[RETURN];
  if (kept === undefined) return range;
  try {
    return asRange(JSON.parse(kept)) ?? range;
  } catch {
    return range;
  }
}

function asRange(value: unknown): RangeChoice | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, minutes, from, to } = value as Record<string, unknown>;
  if (kind === 'last' && typeof minutes === 'number' && minutes > 0) return { kind, minutes };
  if (kind !== 'fixed' || typeof from !== 'number' || typeof to !== 'number' || from >= to) return undefined;
  return { kind, from: milliseconds(from), to: milliseconds(to) };
}

/** Where to go: what is left out stays, except for the filters of the view that is left. */
export type Destination = Partial<Omit<Link, 'subject'>> & { readonly subject?: string | undefined };

export function navigate(to: Destination): void {
  const current = linkStore.get();
  const stays = to.view === undefined || to.view === current.view;
  const subject = 'subject' in to ? to.subject : stays ? current.subject : undefined;
  const next: Link = {
    view: to.view ?? current.view,
    ...(subject === undefined ? {} : { subject }),
    range: to.range ?? (stays ? current.range : windowAfter(current)),
    params: to.params ?? (stays ? paramsAfter(current.params, to.range !== undefined) : {}),
  };
  window.history.pushState(undefined, '', formatLink(next));
  linkStore.set(next);
}

/** Changes filters of the view on screen without a step in the history. */
export function setParams(change: Readonly<Record<string, string | undefined>>): void {
  const current = linkStore.get();
  const merged = Object.entries({ ...current.params, ...change });
  const params = Object.fromEntries(
    merged.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  const next = { ...current, params };
  window.history.replaceState(undefined, '', formatLink(next));
  linkStore.set(next);
}

/** Reads the address bar now and whenever the user goes back or forward. */
export function startLinkState(): () => void {
  const read = (): void => linkStore.set(parseLink(window.location.hash));
  read();
  window.addEventListener('popstate', read);
  return () => window.removeEventListener('popstate', read);
}

export const useLink = (): Link => useStore(linkStore);
