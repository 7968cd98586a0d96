import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fit, MAX_ZOOM, MIN_ZOOM, zoomAt } from './viewport.ts';

const MARGIN = { side: 50, top: 50, bottom: 50 };

test('zooming keeps the point under the pointer, within the limits', () => {
  const numbers = fc.double({ min: -5000, max: 5000, noNaN: true });
  fc.assert(
    fc.property(
      numbers,
      numbers,
      numbers,
      numbers,
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      (ox, oy, x, y, factor) => {
        const before = { x: ox, y: oy, zoom: 0.8 };
        const after = zoomAt(before, factor, x, y);
        assert.ok(after.zoom >= MIN_ZOOM && after.zoom <= MAX_ZOOM);
        assert.ok(
          Math.abs((x - before.x) / before.zoom - (x - after.x) / after.zoom) <
            1e-6 * (1 + Math.abs(x) + Math.abs(ox)) * 100,
        );
      },
    ),
  );
});

test('a fitted drawing lies in the middle, whole, and small ones are not blown up', () => {
  const screen = { width: 1000, height: 500 };
  const view = fit({ width: 4000, height: 100 }, screen, MARGIN);
  assert.equal(view.zoom, 900 / 4000);
  assert.equal(view.x, 50);
  assert.equal(fit({ width: 10, height: 10 }, screen, MARGIN).zoom, 1.15);
});
