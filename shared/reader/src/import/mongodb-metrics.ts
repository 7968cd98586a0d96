import type { Labels, Series } from '@gumshoe/base/series';
import { MONGODB_METRICS as M } from '@gumshoe/schema/metrics/mongodb';
import { podOf } from './foreign-labels.ts';
import type { SeriesByName } from './series-by-name.ts';

/** Where the server is that an exporter's series speak of; undefined where they do not tell. */
type Addressed = (labels: Labels) => Labels | undefined;

/** Without and with `--compatible-mode`, of either way in which the exporter asks for the state of the replica set. */
const STATES = ['mongodb_rs_myState', 'mongodb_myState', 'mongodb_mongod_replset_my_state'];
const SELVES = ['mongodb_rs_members_self', 'mongodb_members_self', 'mongodb_mongod_replset_my_name'];
/** And what one of its units is in milliseconds. */
const APPLIED: readonly (readonly [name: string, scale: number])[] = [
  ['mongodb_rs_members_optimeDate', 1],
  ['mongodb_members_optimeDate', 1],
  ['mongodb_mongod_replset_member_optime_date', 1000],
];

/** MongoDB manual, replica set member states. */
const ROLES: ReadonlyMap<number, string> = new Map([
  [1, 'primary'],
  [2, 'secondary'],
  [7, 'arbiter'],
]);

/**
 * Replica sets as Percona's exporter of MongoDB tells them: the role of the server, and the last operation it applied. Each
 * exporter tells of all members; of each server what its own exporter says is taken.
 */
export function translateReplicaSets(given: SeriesByName, addressed: Addressed): readonly Series[] {
  const [name, scale] = APPLIED.find(([one]) => given.has(one)) ?? ['', 1];
  const own = given.take(name).filter(isOwn(given));
  return [
    ...given
      .take(STATES.find((state) => given.has(state)) ?? '')
      .flatMap((series) => rolesOf(series, addressed)),
    ...own.flatMap((series) => {
      const labels = addressed(series.labels);
      const values = series.values.map((value) => value * scale);
      return labels ? [{ ...series, labels: { ...labels, __name__: M.lastApplied.name }, values }] : [];
    }),
  ];
}

/** A series for each role that the server had: 1 while it has it. */
function rolesOf(series: Series, addressed: Addressed): readonly Series[] {
  const labels = addressed(series.labels);
  if (!labels) return [];
  const { rs_nm: name, set = '' } = series.labels;
  return [...ROLES]
    .filter(([state]) => series.values.includes(state))
    .map(([state, role]) => ({
      ...series,
      labels: { ...labels, rs: name ?? set, role, __name__: M.replicaSetStatus.name },
      values: series.values.map((value) => (value === state ? 1 : 0)),
    }));
}

const memberOf = ({ member_idx: index, name = '' }: Labels): string => index ?? name;
const exporterOf = ({ job = '', instance = '', pod = '', target = '' }: Labels): string =>
  [job, instance, pod, target].join('\n');

/** Whether a series about a member is about the one that its exporter asks: it says so, or the names of their pods are the same. */
function isOwn(given: SeriesByName): (series: Series) => boolean {
  const selves = new Set(
    SELVES.flatMap((name) => given.take(name))
      .filter(({ values }) => values.includes(1))
      .map(({ labels }) => `${exporterOf(labels)}\n${memberOf(labels)}`),
  );
  return ({ labels }) =>
    selves.has(`${exporterOf(labels)}\n${memberOf(labels)}`) ||
    memberOf(labels).split(/[.:]/)[0] === podOf(labels);
}
