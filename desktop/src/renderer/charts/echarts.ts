/** The one door to echarts: only the parts that are drawn with. */
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components';
import { connect, init, use, type ECharts, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([
  BarChart,
  LineChart,
  GridComponent,
  MarkLineComponent,
  MarkAreaComponent,
  TooltipComponent,
  CanvasRenderer,
]);

/** Charts of one group share their crosshair. */
const GROUP = 'window';

/** `linked`: its axis is the window's, as that of the others is. */
export function createChart(element: HTMLElement, linked: boolean): ECharts {
  const chart = init(element, undefined, { renderer: 'canvas' });
  if (!linked) return chart;
  chart.group = GROUP;
  connect(GROUP);
  return chart;
}

export type { ECharts, EChartsCoreOption };
