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
export const GROUP = 'window';

export function createChart(element: HTMLElement): ECharts {
  const chart = init(element, undefined, { renderer: 'canvas' });
  chart.group = GROUP;
  connect(GROUP);
  return chart;
}

export type { ECharts, EChartsCoreOption };
