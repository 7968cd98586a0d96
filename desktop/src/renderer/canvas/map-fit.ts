import type { MapLayout } from '../layout/map-layout.ts';
import { fit, type Margin, type Size } from './viewport.ts';

/** Below the drawing lie the legend and the tools. */
export const MAP_MARGIN: Margin = { side: 24, top: 16, bottom: 72 };
/** At this zoom the smallest text is as large as that around the map. */
const READABLE = 0.85;

/** The placement that can be read: calls go to the right unless that makes everything small and downwards does not. */
export function readableLayout(layouts: readonly MapLayout[], screen: Size): MapLayout | undefined {
  const zoomOf = (layout: MapLayout): number => Math.min(READABLE, fit(layout, screen, MAP_MARGIN).zoom);
  return layouts.reduce<MapLayout | undefined>(
    (best, layout) => (best && zoomOf(best) >= zoomOf(layout) ? best : layout),
    undefined,
  );
}
