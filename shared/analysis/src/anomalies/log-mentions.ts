import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { namedIn, namesOf, type Names } from '@gumshoe/text/named';
import { ERROR_LEVELS } from '../inspections/log-query.ts';

/** Other applications that a text names: by their names, hosts that begin with these, instances or addresses. */
export const mentionedIn = (text: string, speaker: Application, world: World): readonly ApplicationId[] =>
  [...namedIn(text, namesIn(world))].filter((id) => id !== speaker.id).sort();

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

const known = new WeakMap<World, Names<ApplicationId>>();

function namesIn(world: World): Names<ApplicationId> {
  let names = known.get(world);
  if (names === undefined) {
    const { applications } = world;
    names = namesOf([...oneEach(applications, addressesOf), ...oneEach(applications, ownNames)]);
    known.set(world, names);
  }
  return names;
}

/** What stands for one application only, in lower case. */
function oneEach(
  applications: readonly Application[],
  namesOfOne: (application: Application) => readonly string[],
): ReadonlyMap<string, ApplicationId> {
  const all = new Map<string, ApplicationId>();
  const several = new Set<string>();
  for (const application of applications)
    for (const name of namesOfOne(application).map((one) => one.toLowerCase())) {
      if ((all.get(name) ?? application.id) !== application.id) several.add(name);
      all.set(name, application.id);
    }
  for (const name of several) all.delete(name);
  return all;
}

const ownNames = ({ name, serviceNames }: Application): readonly string[] => [name, ...serviceNames];

/** Every machine has those. */
const LOCAL = /^(127\.|0\.0\.0\.0|\[?::1?\]?(:|$))/;

/** Instances, and where they listen. */
const addressesOf = ({ instances }: Application): readonly string[] =>
  instances.flatMap(({ id, addresses }) => [
    id.replace(/@.*$/, ''),
    ...addresses
      .filter((address) => !LOCAL.test(address))
      .flatMap((address) => [address, address.replace(/:\d+$/, '')]),
  ]);
