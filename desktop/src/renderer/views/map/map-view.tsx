import { Graph } from '@blueprintjs/icons';
import { toFailure, type Failure } from '@gumshoe/base/failure';
import type { ApplicationId } from '@gumshoe/model/entities';
import { useEffect, useMemo, useRef, useState } from 'react';
import { defineView } from '../../app/define-view.ts';
import { ServiceMapCanvas } from '../../canvas/service-map-canvas.tsx';
import { readableLayout } from '../../canvas/map-fit.ts';
import { useSize } from '../../canvas/use-size.ts';
import { useQuery, useSession } from '../../client/session.tsx';
import type { ServiceMap } from '../../../contract/engine.ts';
import { NODE, topologyKey, type MapDirection, type MapLayout } from '../../layout/map-layout.ts';
import { navigate, useLink } from '../../state/link.ts';
import { openApplication } from '../../widgets/application-name.tsx';
import { Empty, Failed, Loaded, Loading } from '../../widgets/states.tsx';
import { MapDetails } from './map-details.tsx';
import { filterMap, mapFilterOf } from './map-filter.ts';
import { MapFilterBar } from './map-filter-bar.tsx';
import { MapLegend } from './map-legend.tsx';

function MapView() {
  const { range } = useSession();
  const map = useQuery('service-map', [range], (engine, signal) => engine.serviceMap(range, signal));
  return (
    <div className="view-fill" data-testid="view-map">
      <Loaded
        query={map}
        what="service map"
        empty={(value) =>
          value.nodes.length > 0 ? undefined : (
            <Empty title="Nothing to map">
              No application was seen in this window. Choose a wider or earlier one.
            </Empty>
          )
        }
      >
        {(value) => <FilteredMap map={value} />}
      </Loaded>
    </div>
  );
}

function FilteredMap({ map }: { readonly map: ServiceMap }) {
  const { params } = useLink();
  const { cluster, category } = mapFilterOf(params);
  const shown = useMemo(() => filterMap(map, { cluster, category }), [map, cluster, category]);
  return (
    <>
      <MapFilterBar {...{ map }} filter={{ cluster, category }} shown={shown.nodes.length} />
      {shown.nodes.length > 0 ? (
        <LaidOutMap map={shown} />
      ) : (
        <Empty title="No application matches">Choose another cluster or category.</Empty>
      )}
    </>
  );
}

type LayoutState = { readonly layouts?: readonly MapLayout[]; readonly failure?: Failure };

/** Larger maps are walked through by zoom in any case, and laying them out takes a while. */
const MOST_FOR_BOTH = 150;

/** The layout is made anew only when applications or connections come or go. */
function useLayout(map: ServiceMap): LayoutState {
  const topology = topologyKey(map);
  const latest = useRef(map);
  latest.current = map;
  const [state, setState] = useState<LayoutState>({});
  useEffect(() => {
    let gone = false;
    import('../../layout/elk.ts')
      .then(({ layoutMap }) => {
        const both = latest.current.nodes.length <= MOST_FOR_BOTH;
        const directions: readonly MapDirection[] = both ? ['RIGHT', 'DOWN'] : ['RIGHT'];
        return Promise.all(directions.map((direction) => layoutMap(latest.current, direction)));
      })
      .then(
        (layouts) => gone || setState({ layouts }),
        (thrown: unknown) => {
          if (!gone) setState({ failure: toFailure(thrown, 'lay out the map', 'layout worker') });
        },
      );
    return () => {
      gone = true;
    };
  }, [topology]);
  return state;
}

/** The side on which the details cover least of what they are about. */
function sideBeside({ nodes, width }: MapLayout, id: string): 'left' | 'right' {
  const at = nodes.get(id as ApplicationId);
  return at && at.x + NODE.width / 2 > width / 2 ? 'left' : 'right';
}

function LaidOutMap({ map }: { readonly map: ServiceMap }) {
  const { layouts, failure } = useLayout(map);
  const stage = useRef<HTMLDivElement>(null);
  const size = useSize(stage);
  const { subject } = useLink();
  const [hovered, setHovered] = useState<string>();
  if (failure) return <Failed failure={failure} />;
  const layout = size.width > 0 && layouts ? readableLayout(layouts, size) : undefined;
  const shown = hovered ?? subject;
  return (
    <div ref={stage} className="grow" style={{ position: 'relative', minHeight: 0, display: 'flex' }}>
      {layout ? null : <Loading what="layout of the map" />}
      {layout ? (
        <>
          <ServiceMapCanvas
            map={map}
            layout={layout}
            selected={subject}
            onSelect={(id) => navigate({ subject: id })}
            onOpen={(id) => openApplication(id as ApplicationId)}
            hovered={hovered}
            onHover={setHovered}
          />
          <MapLegend range={map.range} direction={layout.direction} />
          {shown === undefined ? null : <MapDetails map={map} id={shown} side={sideBeside(layout, shown)} />}
        </>
      ) : null}
    </div>
  );
}

export const mapView = defineView({
  id: 'map',
  title: 'Map',
  icon: Graph,
  key: '2',
  component: MapView,
});
