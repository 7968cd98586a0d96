import { Button, HTMLSelect } from '@blueprintjs/core';
import type { ServiceMap } from '../../../contract/engine.ts';
import { setParams } from '../../state/link.ts';
import { filterChoices, MAP_FILTERS, type MapFilter } from './map-filter.ts';

const ALL: Readonly<Record<keyof MapFilter, string>> = {
  cluster: 'All clusters',
  category: 'All categories',
};

export interface MapFilterBarProps {
  /** All of it. */
  readonly map: ServiceMap;
  readonly filter: MapFilter;
  readonly shown: number;
}

/** Narrows the map; absent where there is nothing to choose. */
export function MapFilterBar({ map, filter, shown }: MapFilterBarProps) {
  const choices = MAP_FILTERS.flatMap((name) => {
    const known = filterChoices(map, name);
    const chosen = filter[name];
    const values = chosen === '' || known.includes(chosen) ? known : [...known, chosen];
    return values.length > 0 ? [{ name, values }] : [];
  });
  if (choices.length === 0) return null;
  const narrowed = shown < map.nodes.length;
  return (
    <div className="filters" data-testid="map-filters">
      {choices.map(({ name, values }) => (
        <HTMLSelect
          key={name}
          aria-label={ALL[name]}
          value={filter[name]}
          data-testid={`map-filter-${name}`}
          onChange={(event) => setParams({ [name]: event.currentTarget.value })}
        >
          <option value="">{ALL[name]}</option>
          {values.map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
        </HTMLSelect>
      ))}
      {narrowed ? (
        <>
          <span className="muted">
            {shown} of {map.nodes.length} applications
          </span>
          <Button
            size="small"
            variant="minimal"
            text="Show all"
            onClick={() => setParams({ cluster: undefined, category: undefined })}
          />
        </>
      ) : null}
    </div>
  );
}
