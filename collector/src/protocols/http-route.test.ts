import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { routeOf } from './http-route.ts';

test('identifiers become {id}, words stay', () => {
  const routes: Readonly<Record<string, string>> = {
    '/': '/',
    '': '',
    '/api/v1/orders': '/api/v1/orders',
    '/orders/42/items': '/orders/{id}/items',
    '/users/6f1e0a5c-2f7b-4a59-9d3b-0c9a1f2e3d4c': '/users/{id}',
    '/blob/deadbeef01': '/blob/{id}',
    '/facade/decade': '/facade/decade',
    '/reset/a8Zk29fj1mQp': '/reset/{id}',
    '/static/a-very-long-segment-that-is-no-name': '/static/{id}',
    '/a/b/c/d/e/f/g/h/i/j': '/a/b/c/d/e/f/g/h/…',
  };
  for (const [path, route] of Object.entries(routes)) assert.equal(routeOf(path), route, path);
});

test('any path gives a short route with no long run of digits', () => {
  fc.assert(
    fc.property(fc.webPath(), fc.nat(), (path, id) => {
      const route = routeOf(`${path}/${id + 1e9}`);
      assert.ok(route.length <= 120);
      assert.ok(!route.includes(String(id + 1e9)));
    }),
  );
});
