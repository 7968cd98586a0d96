import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameInId } from './entities.ts';

test('the name in an id is what follows the kind, colons and all', () => {
  for (const [id, name] of [
    ['shop:Deployment:cart', 'cart'],
    ['east:shop:Deployment:cart', 'cart'],
    ['_:ExternalService:api.example.org:443', 'api.example.org:443'],
    ['east:_:ExternalService:[2001:db8::7]:443', '[2001:db8::7]:443'],
    ['_:Service:a:Service:b', 'a:Service:b'],
    ['no id', 'no id'],
    ['_:ExternalService:', '_:ExternalService:'],
  ] as const)
    assert.equal(nameInId(id), name);
});
