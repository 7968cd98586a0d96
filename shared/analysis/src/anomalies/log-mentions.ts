import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { ERROR_LEVELS } from '../inspections/log-query.ts';

/** Names shorter than this are words of any text. */
const LEAST_NAME = 3;
const WORD = /[A-Za-z0-9][A-Za-z0-9_.-]*/g;

/** Other applications that a text names, by their names or by hosts that begin with them. */
export function mentionedIn(text: string, speaker: Application, world: World): readonly ApplicationId[] {
  const names = namesIn(world);
  const found = new Set<ApplicationId>();
  for (const [word] of text.matchAll(WORD)) {
    // hosts are named with their domain, or with a full stop at the end
    for (const name of [word, word.split('.')[0]!, word.replace(/\.+$/, '')]) {
      const id = names.get(name.toLowerCase());
      if (id !== undefined && id !== speaker.id) found.add(id);
    }
  }
  return [...found].sort();
}

/** Rates of all error messages that speak of another application, by whom they speak of. */
export function errorsMentioning(
  speaker: Application,
  world: World,
): ReadonlyMap<ApplicationId, readonly Column[]> {
  const all = new Map<ApplicationId, Column[]>();
  for (const { level, sample, pattern, rate } of speaker.logs) {
    if (!ERROR_LEVELS.has(level)) continue;
    for (const id of mentionedIn(sample || pattern, speaker, world)) {
      const list = all.get(id);
      if (list) list.push(rate);
      else all.set(id, [rate]);
    }
  }
  return all;
}

const known = new WeakMap<World, ReadonlyMap<string, ApplicationId>>();

function namesIn(world: World): ReadonlyMap<string, ApplicationId> {
  const cached = known.get(world);
  if (cached) return cached;
  const names = new Map<string, ApplicationId>();
  for (const { id, name } of world.applications)
    if (name.length >= LEAST_NAME) names.set(name.toLowerCase(), id);
  known.set(world, names);
  return names;
}
