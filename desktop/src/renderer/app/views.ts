import { applicationView } from '../views/application/application-view.tsx';
import { costsView } from '../views/costs/costs-view.tsx';
import { deploymentsView } from '../views/deployments/deployments-view.tsx';
import { exploreView } from '../views/explore/explore-view.tsx';
import { inspectionsView } from '../views/inspections/inspections-view.tsx';
import { logsView } from '../views/logs/logs-view.tsx';
import { mapView } from '../views/map/map-view.tsx';
import { overviewView } from '../views/overview/overview-view.tsx';
import { rcaView } from '../views/rca/rca-view.tsx';
import { risksView } from '../views/risks/risks-view.tsx';
import { tracesView } from '../views/traces/traces-view.tsx';
import type { ViewDefinition } from './define-view.ts';

/** Every view, in the order of the rail. A new view is one folder and one line here. */
export const VIEWS: readonly ViewDefinition[] = [
  overviewView,
  mapView,
  rcaView,
  tracesView,
  logsView,
  exploreView,
  inspectionsView,
  deploymentsView,
  risksView,
  costsView,
  applicationView,
];
